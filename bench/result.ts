/** What a benchmark has given: plain data, as it goes to `--json` and to `results.json`. */
import type { BrokerKind } from './brokers/kinds.ts';
import { baseline, contenders } from './contenders/all.ts';
import { short, whole } from './figures.ts';
import type { Latency } from './job.ts';
import type { Machine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import { median } from './statistics.ts';
import type { Entry } from './workload.ts';

/** One workload on one broker. */
export interface Result {
  readonly workload: string;
  /** `brokers`: each row is one. */
  readonly broker: BrokerKind | 'brokers';
  /** For people: `Apache Kafka 4.3.0`. */
  readonly on: string;
  readonly rows: readonly Row[];
  readonly machine: Machine;
  /** Wall-clock time of it all, seconds. */
  readonly tookSeconds: number;
}

export interface Row {
  readonly label: string;
  /** Label of the row that its ratio is against; null when that is not among them. */
  readonly against: string | null;
  /** Records of each run. */
  readonly records: number;
  /** Empty when the first one failed. */
  readonly runs: readonly Measurement[];
  /** Why it is out of the contest; null when it is not. */
  readonly failure: string | null;
}

/** Medians of the runs, of which there is at least one; NaN where nothing is known. */
export interface Summary {
  readonly perSecond: number;
  readonly lowPerSecond: number;
  readonly highPerSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly maxRssMiB: number;
  readonly again: number;
  readonly latency: Latency | null;
}

export function labelOf({ contender, processes, manifest }: Entry): string {
  if (manifest !== undefined) return `${contenders[contender]}, ${manifest}`;
  if (processes === undefined) return contenders[contender];
  return `${contenders[contender]}, ${processes} ${processes === 1 ? 'process' : 'processes'}`;
}

/** @returns the label of the contender that all are compared with */
export function baselineOf(entries: readonly Entry[]): string | null {
  const found = entries.find(({ contender, processes = 1 }) => contender === baseline && processes === 1);
  return found === undefined ? null : labelOf(found);
}

/** @returns the row that the ratio of `row` is against */
export function baseOf(row: Row, rows: readonly Row[]): Row | undefined {
  return rows.find(({ label }) => label === row.against);
}

export function summary({ runs }: Row): Summary {
  const rates = runs.map(({ records, seconds }) => records / seconds);
  const latencies = runs.flatMap(({ latency }) => (latency === null ? [] : [latency]));
  const middle = (pick: (run: Measurement) => number): number => median(runs.map(pick));
  return {
    perSecond: median(rates),
    lowPerSecond: Math.min(...rates),
    highPerSecond: Math.max(...rates),
    cpuSecondsPerMillion: middle(({ cpuSeconds, records }) => ((cpuSeconds ?? Number.NaN) / records) * 1e6),
    maxRssMiB: middle(({ maxRssMiB }) => maxRssMiB ?? Number.NaN),
    again: middle(({ again }) => again),
    latency: latencies.length === 0 ? null : middleLatency(latencies),
  };
}

function middleLatency(latencies: readonly Latency[]): Latency {
  return {
    p50Ms: median(latencies.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(latencies.map(({ p99Ms }) => p99Ms)),
    maxMs: median(latencies.map(({ maxMs }) => maxMs)),
  };
}

/** For the line of one run. */
export function figureOf({ records, seconds, latency }: Measurement): string {
  if (latency !== null) return `p50 ${short(latency.p50Ms)} ms, p99 ${short(latency.p99Ms)} ms`;
  return `${whole(records / seconds).padStart(10)} records/s`;
}
