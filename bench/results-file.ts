/**
 * Keeps the latest result of every workload: `results.json` holds the figures of each run, `RESULTS.md` is written from
 * it, never by hand. What was not run this time stays as it was, with its own date and machine.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import type { Result } from './result.ts';
import { cellsOf, failures, markdown } from './table.ts';
import { verdict } from './verdict.ts';
import type { Workload } from './workload.ts';
import { workloads } from './workloads/all.ts';

const jsonFile = join(import.meta.dirname, 'results.json');
const markdownFile = join(import.meta.dirname, 'RESULTS.md');
/** Of the minute before, for each core: the shell and the broker's last work are in it. */
const quietLoadPerCore = 0.3;

export function keepResults(fresh: readonly Result[]): void {
  const kept = merged(knownResults(), fresh);
  writeFileSync(jsonFile, `${JSON.stringify(kept, shortened)}\n`);
  writeFileSync(markdownFile, page(kept));
}

/** @returns those of the last `--write`; none before the first one */
export function knownResults(): readonly Result[] {
  try {
    return JSON.parse(readFileSync(jsonFile, 'utf8')) as Result[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** In the order of the workloads; of one workload on one broker the fresh one. */
export function merged(known: readonly Result[], fresh: readonly Result[]): readonly Result[] {
  const idOf = ({ workload, broker }: Result): string => `${workload}/${broker}`;
  const byId = new Map([...known, ...fresh].map((result) => [idOf(result), result]));
  const order = ['kafka', 'embedded', 'brokers'].flatMap((broker) =>
    workloads.map((workload) => `${workload.name}/${broker}`),
  );
  return order.flatMap((id) => byId.get(id) ?? []);
}

export function page(results: readonly Result[]): string {
  const sections = workloads.flatMap((workload) => {
    const own = results.filter((result) => result.workload === workload.name);
    return own.length === 0 ? [] : [section(workload, own)];
  });
  return `# Results

Written by \`npm run bench -- --write\` from \`results.json\`, not by hand. Broker and contenders share one machine. Each run
of a contender is a process of its own; the contenders take turns, so that a drift of the machine's speed meets all of them
alike. All deliver at least once: offsets are committed after handling, every record is counted, and what is committed is
looked up in Kafka at the end; a contender that handled other than all of them is an error, not a figure.

Rates are medians over the runs and begin after a fifth of the records, when code is compiled; CPU is that of the whole
process, all threads. "ratio" is against raw kafkajs \`eachBatch\` in the same run: that is what to quote, since absolute rates
differ from machine to machine and from hour to hour. A contender that would take minutes gets a part of the records.

${sections.join('\n')}`;
}

function section({ title, name, says, target }: Workload, results: readonly Result[]): string {
  const tables = results.map((result) => {
    const said = verdict(result, target);
    const failed = failures(result).map((line) => `${line.split('\n')[0]}\n\n`);
    return `${markdown(cellsOf(result))}\n\n${failed.join('')}On ${result.on}. ${said === null ? '' : `${said} `}${origin(result)}\n`;
  });
  return `## ${title}\n\n\`--only ${name}\`: ${says}\n\n${tables.join('\n')}`;
}

function origin({ machine, rows }: Result): string {
  const runs = rows[0]!.runs.length;
  const noise = noiseText(machine);
  return `${runs} ${runs === 1 ? 'run' : 'runs'}, ${machineText(machine)}${noise === '' ? '' : ` **${noise}**`}`;
}

export function machineText({ date, cores, cpu, memoryGiB, node, packages }: Machine): string {
  const libraries = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `${date}, ${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, ${libraries.join(', ')}.`;
}

/** @returns a warning, empty for a machine that had nothing else to do */
export function noiseText({ load, cores }: Machine): string {
  return load > quietLoadPerCore * cores
    ? `The machine was busy with other work: a load of ${load} before it began.`
    : '';
}

/** Six digits are more than any figure is good for. */
function shortened(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
