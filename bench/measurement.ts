/** What one run of one contender gave, over all its processes. */
import type { Latency, ProcessResult } from './job.ts';

export interface Measurement {
  /** Handled while the clock ran. */
  readonly records: number;
  readonly seconds: number;
  /** User and system time of all processes and threads while the clock ran; null for a process that is not ours. */
  readonly cpuSeconds: number | null;
  /** All processes together. */
  readonly maxRssMiB: number | null;
  /** Handled more than once. */
  readonly again: number;
  readonly latency: Latency | null;
}

/**
 * The clock runs from the first process whose warm-up is over to the last one's last record.
 * @param expected records that had to be handled, over all processes
 * @throws Error when fewer were handled, or more by a process that had no rebalance to blame, or so few that they
 *   cannot be timed
 */
export function combine(results: readonly ProcessResult[], expected: number): Measurement {
  const busy = results.filter(({ to }) => to.handled > 0);
  const handled = sum(results.map((result) => result.handled));
  if (handled < expected || (results.length === 1 && handled > expected))
    throw new Error(`handled ${handled} records instead of ${expected}`);
  const seconds = Math.max(...busy.map(({ to }) => to.atMs)) - Math.min(...busy.map(({ from }) => from.atMs));
  if (!(seconds > 0)) throw new Error(`${expected} records came between two looks at the clock: take more of them`);
  return {
    records: sum(busy.map(({ from, to }) => to.handled - from.handled)) - (handled - expected),
    seconds: seconds / 1000,
    cpuSeconds: sum(busy.map(({ from, to }) => to.cpuSeconds - from.cpuSeconds)),
    maxRssMiB: sum(results.map(({ maxRssMiB }) => maxRssMiB)),
    again: handled - expected,
    latency: results[0]!.latency,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
