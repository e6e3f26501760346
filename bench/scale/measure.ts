/**
 * One runtime with many groups that have nothing to do: what they cost. The runtime runs in a process of its own, each group
 * with a topic of its own. Linux only.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RuntimeProcess } from '../runtime-process.ts';

export interface Shape {
  readonly groups: number;
  /** Lines of a group's manifest that say where its handlers run. */
  readonly execution: string;
}

export interface Cost {
  /** From spawning the process until every group has joined and knows its positions. */
  readonly startSeconds: number;
  /** Of its start. */
  readonly startCpuSeconds: number;
  /** Of one core, all threads, while nothing happens. */
  readonly idleCpuPercent: number;
  readonly rssMiB: number;
}

const handlers = join(import.meta.dirname, '..', 'handlers', 'noop.ts');
/** After the start: garbage is collected, timers find their pace. */
const settleMs = 5_000;

export function topicOf(group: number): string {
  return `bench-scale-${group}`;
}

export async function measure({ groups, execution }: Shape, brokers: string, idleSeconds: number): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-scale-'));
  const manifest = join(folder, 'manifest.yaml');
  writeFileSync(manifest, manifestOf(groups, execution));
  const startedAt = performance.now();
  const runtime = await RuntimeProcess.start(manifest, { KAFKA_BROKERS: brokers });
  try {
    const startSeconds = (performance.now() - startedAt) / 1000;
    const startCpuSeconds = runtime.cpuSeconds();
    await sleep(settleMs);
    const [before, from] = [runtime.cpuSeconds(), performance.now()];
    await sleep(idleSeconds * 1000);
    const idleCpuPercent = ((runtime.cpuSeconds() - before) / (performance.now() - from)) * 100_000;
    return { startSeconds, startCpuSeconds, idleCpuPercent, rssMiB: runtime.rssBytes() / 2 ** 20 };
  } finally {
    await runtime.stop();
    rmSync(folder, { recursive: true });
  }
}

function manifestOf(groups: number, execution: string): string {
  const each = Array.from({ length: groups }, (_, n) => {
    const [name, topic] = [`bench-scale-${n}-${process.pid}`, topicOf(n)];
    return `  ${name}: { topics: [${topic}], handlers: ${handlers}, dlq: { enabled: false }, ${execution} }`;
  });
  return `observability: { http: { port: 0 }, logs: { format: json } }\ngroups:\n${each.join('\n')}\n`;
}
