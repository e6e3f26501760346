/** Which runs there are, in their order, and how long each may take. */
import type { BrokerKind } from './brokers/kinds.ts';
import type { BenchOptions } from './options.ts';
import { labelOf, type Result } from './result.ts';
import type { Entry, Workload } from './workload.ts';

/** Contenders of one workload on one broker, which take turns. */
export interface Contest {
  readonly workload: Workload;
  readonly broker: BrokerKind;
  readonly entries: readonly Entry[];
}

/** Brokers one after the other: only one runs at a time. */
export function contests({ workloads, contenders, brokers }: BenchOptions): readonly Contest[] {
  return brokers.flatMap((broker) =>
    workloads
      .filter(({ load }) => load.kind !== 'broker')
      .map((workload) => ({
        workload,
        broker,
        entries: workload.contenders.filter(({ contender }) => contenders.includes(contender)),
      }))
      .filter(({ entries }) => entries.length > 0),
  );
}

/** Where nothing is known of an earlier run: starting, joining, reading for a second or two, leaving. */
const unknownSeconds = 6;

/** @param known what was kept of earlier ones @returns seconds of each run, in their order */
export function expectedRuns(options: BenchOptions, known: readonly Result[]): readonly number[] {
  const inContests = contests(options).flatMap((contest) =>
    Array.from({ length: options.runs * contest.entries.length }, () => expectedSeconds(contest, known)),
  );
  const brokersAlone = options.workloads.filter(({ load }) => load.kind === 'broker').length;
  const brokerRuns = brokersAlone * loadedBrokers(options).length * options.runs;
  return [...inContests, ...Array.from({ length: brokerRuns }, () => unknownSeconds)];
}

/** @returns whom a workload without contenders is run on: the embedded broker, and Kafka beside it when it takes part */
export function loadedBrokers({ brokers }: Pick<BenchOptions, 'brokers'>): readonly BrokerKind[] {
  return brokers.includes('kafka') ? ['embedded', 'kafka'] : ['embedded'];
}

/** By what it took the last time that results were kept. */
function expectedSeconds({ workload, broker, entries }: Contest, known: readonly Result[]): number {
  const last = known.find((result) => result.workload === workload.name && result.broker === broker);
  if (last === undefined) return unknownSeconds;
  const labels = entries.map(labelOf);
  const rows = last.rows.filter(({ label }) => labels.includes(label));
  const runs = last.rows.reduce((sum, row) => sum + row.runs.length, 0);
  return rows.length === 0 ? unknownSeconds : last.tookSeconds / runs;
}
