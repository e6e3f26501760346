/**
 * Demo 3 (`examples/high-throughput`) and the same program with eventsource-py, in turns on one broker, each in a process
 * of its own that starts anew. Both count from the first publish until the last event is handled; starting and joining
 * do not count.
 */
import { join } from 'node:path';
import { spawnBound } from '../../scripts/real/bound-process.ts';
import { RunningProcess } from '../../test/support/running-process.ts';
import { median } from '../statistics.ts';

export interface ComparisonOptions {
  readonly brokers: string;
  /** Path of one that has eventsource-py. */
  readonly python: string;
  /** A multiple of 100. */
  readonly events: number;
  /** Batches of 100 that are published at once. */
  readonly atOnce: number;
  /** Of each. */
  readonly runs: number;
  /** Told after each run. */
  readonly ran?: (contender: Contender, eventsPerSecond: number) => void;
}

export type Contender = 'runtime' | 'eventsource-py';

export interface Comparison {
  /** Events per second, by run. */
  readonly runtime: readonly number[];
  readonly python: readonly number[];
  /** Of their medians. */
  readonly timesAsFast: number;
}

const example = join(import.meta.dirname, '..', '..', 'examples', 'high-throughput', 'main.ts');
const script = join(import.meta.dirname, 'demo3.py');

/** @throws Error with the output of a program that does not handle all events */
export async function compareDemo3({
  brokers,
  python,
  events,
  atOnce,
  runs,
  ran,
}: ComparisonOptions): Promise<Comparison> {
  const rates: { readonly runtime: number[]; readonly python: number[] } = { runtime: [], python: [] };
  for (let run = 0; run < runs; run++) {
    for (const contender of ['runtime', 'eventsource-py'] as const) {
      const [program, file] = contender === 'runtime' ? [process.execPath, example] : [python, script];
      const rate = await rateOf([program, file], { brokers, events, atOnce });
      (contender === 'runtime' ? rates.runtime : rates.python).push(rate);
      ran?.(contender, rate);
    }
  }
  return { ...rates, timesAsFast: median(rates.runtime) / median(rates.python) };
}

async function rateOf(
  [program, file]: readonly [string, string],
  { brokers, events, atOnce }: Pick<ComparisonOptions, 'brokers' | 'events' | 'atOnce'>,
): Promise<number> {
  const environment = { KAFKA_BROKERS: brokers, EVENTS: String(events), AT_ONCE: String(atOnce) };
  const running = new RunningProcess(spawnBound(program, [file], { stdio: ['ignore', 'pipe', 'pipe'], environment }));
  const { code, stdout, stderr } = await running.ended();
  const found = /^handled (\d+) events in ([\d.]+) s/m.exec(stdout);
  if (code !== 0 || found === null || Number(found[1]) !== events) {
    throw new Error(`${file} ended with ${code} and did not handle ${events} events:\n${stdout}\n${stderr}`);
  }
  return events / Number(found[2]);
}
