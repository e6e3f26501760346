/**
 * What a contender's process is told and what it tells. It gets the job as its only argument, says `ready` when it is a
 * member of its groups, `progress` as it goes, and after `stop` it commits, leaves and says its `result`.
 */

export interface Job {
  /** `host:port`, comma-separated. */
  readonly brokers: string;
  readonly topic: string;
  /** Ids of consumer groups, all new. Each handles every record of the topic. */
  readonly groups: readonly string[];
  /** Name of the module in `handlers/`. */
  readonly handlers: string;
  /** Name of the manifest in `manifests/`. */
  readonly manifest: string;
  /** Over all groups and all processes. */
  readonly records: number;
  /** The clock starts after so many. */
  readonly warmUp: number;
  /** Handlers that may run at once. */
  readonly atOnce: number;
  /** Records carry their number and when they were sent. */
  readonly timed: boolean;
}

export type FromContender =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly handled: number }
  | { readonly kind: 'result'; readonly result: ProcessResult };

export interface ProcessResult {
  /** When the warm-up was over, and after the last record. */
  readonly from: Mark;
  readonly to: Mark;
  /** At the very end, after everything was committed. */
  readonly handled: number;
  readonly maxRssMiB: number;
  /** Milliseconds from sending to handling, without those of the warm-up; null without `timed`. */
  readonly latency: Latency | null;
}

export interface Mark {
  /** On the machine's monotonic clock, which all processes share. Milliseconds. */
  readonly atMs: number;
  readonly handled: number;
  /** User and system time of the process so far, all threads. */
  readonly cpuSeconds: number;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Milliseconds of the machine's monotonic clock. */
export function machineClockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
