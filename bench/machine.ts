/** Where figures come from: what to compare is only what was measured on the same. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export interface Machine {
  /** Day of the measurement. */
  readonly date: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  /** Of the libraries of the peers, by package. */
  readonly packages: Readonly<Record<string, string>>;
  /** Of the machine in the minute before it began: what others were doing. */
  readonly load: number;
}

const packages = ['kafkajs', '@platformatic/kafka', 'piscina'];

/** To be asked before the bench itself makes the machine busy. */
export function describeMachine(): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.versions.node,
    packages: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    load: Math.round(loadavg()[0]! * 10) / 10,
  };
}

/** A package need not export its package.json: it is looked for above its main file. */
function versionOf(name: string): string {
  const main = createRequire(import.meta.url).resolve(name);
  const folder = main.slice(0, main.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}/`.length);
  return (JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as { version: string }).version;
}
