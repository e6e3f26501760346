/**
 * One run of one contender: starts its processes, waits until all records are handled, stops them, and looks up in Kafka
 * whether all of it is committed. A contender that handled other than all records is an error, not a figure.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchTopics } from './bench-topics.ts';
import { ContenderProcess } from './contender-process.ts';
import type { Job } from './job.ts';
import { combine, type Measurement } from './measurement.ts';
import { type Entry, partitions, type Workload, warmUpShare } from './workload.ts';

export interface Ground {
  /** `host:port`, comma-separated. */
  readonly brokers: string;
  readonly topics: BenchTopics;
  /** For all contenders. */
  readonly env: Readonly<Record<string, string>>;
  /** Options of Node for the contender. */
  readonly execArgv?: readonly string[];
  /** When all records are handled and everything still runs. */
  readonly beforeStop?: () => Promise<void>;
}

const lookEveryMs = 20;
/** Without a further record. A JVM and a rebalance on a busy machine take a few seconds. */
const patienceMs = 60_000;
/** For members of the newest protocol, which join first and get their partitions with a later heartbeat. */
const settleMs = 1_500;

/** @returns the records of the run: a contender that gets a part of them has fewer */
export function recordsFor(records: number, { part = 1 }: Entry): number {
  return Math.max(partitions, Math.round(records * part));
}

export async function runContender(
  workload: Workload,
  entry: Entry,
  records: number,
  ground: Ground,
): Promise<Measurement> {
  const { topics } = ground;
  const { load } = workload;
  const topic =
    load.kind === 'paced' ? await topics.empty('paced') : await topics.backlog(load.value, records, workload.hot);
  const out = workload.publishes === true ? await topics.empty('out') : null;
  const groups = Array.from({ length: workload.groups ?? 1 }, () => topics.group());
  const processCount = entry.processes ?? 1;
  const expected = records * groups.length;
  const job: Job = {
    brokers: ground.brokers,
    topic,
    groups,
    handlers: workload.handlers,
    manifest: entry.manifest ?? workload.handlers,
    records: expected,
    warmUp: workload.cold === true ? 0 : Math.floor(expected * warmUpShare),
    atOnce: workload.atOnce ?? 64,
    timed: load.kind === 'paced',
  };
  const env = { ...ground.env, ...(out !== null && { BENCH_OUT: out }) };
  const options = { job, env, ...(ground.execArgv !== undefined && { execArgv: ground.execArgv }) };
  const processes = Array.from({ length: processCount }, () => new ContenderProcess(entry.contender, options));
  try {
    if (load.kind === 'paced') {
      await patiently(processes, () => processes.every((one) => one.ready));
      await sleep(settleMs);
      await produce([ground.brokers, topic, String(records), String(load.perSecond)]);
    }
    await patiently(processes, () => handledBy(processes) >= expected);
    // Of several, one may have handled twice what another has yet to begin: only commits tell.
    if (processCount > 1) await patiently(processes, async () => (await topics.lag(groups[0]!, topic)) === 0);
    await ground.beforeStop?.();
    const measurement = combine(await Promise.all(processes.map((one) => one.stop())), expected);
    for (const group of groups) {
      const lag = await topics.lag(group, topic);
      if (lag !== 0) throw new Error(`left ${lag} of ${records} records uncommitted`);
    }
    const published = out === null ? records : await topics.size(out);
    if (published < records) throw new Error(`published ${published} records instead of ${records}`);
    return measurement;
  } finally {
    for (const one of processes) one.kill();
  }
}

/** Waits, as long as all processes live and there is progress. @throws Error with what they printed otherwise */
async function patiently(
  processes: readonly ContenderProcess[],
  done: () => boolean | Promise<boolean>,
): Promise<void> {
  const failed = Promise.all(processes.map((one) => one.failed));
  failed.catch(() => {}); // heard in the race below, or nobody waits any more
  let [handled, since] = [handledBy(processes), performance.now()];
  while (!(await done())) {
    await Promise.race([sleep(lookEveryMs), failed]);
    if (handledBy(processes) !== handled) [handled, since] = [handledBy(processes), performance.now()];
    if (performance.now() - since < patienceMs) continue;
    const printed = processes.map(({ output }) => output).join('\n');
    throw new Error(`stuck at ${handled} records for ${patienceMs / 1000} s:\n${printed}`);
  }
}

function handledBy(processes: readonly ContenderProcess[]): number {
  return processes.reduce((sum, one) => sum + one.handled, 0);
}

async function produce(args: readonly string[]): Promise<void> {
  const producer = spawn(process.execPath, [join(import.meta.dirname, 'paced-load.ts'), ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  const [code] = (await once(producer, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the producer ended with ${code}`);
}
