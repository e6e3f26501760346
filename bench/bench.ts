/** Goes through the plan: one broker after the other, workload by workload, the contenders in turn. */
import { type Bench, onBroker } from './bench-context.ts';
import type { BenchTopics } from './bench-topics.ts';
import type { BenchBroker } from './brokers/kinds.ts';
import { runBrokersAlone } from './brokers-alone.ts';
import type { Machine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import type { BenchOptions } from './options.ts';
import { type Contest, contests } from './plan.ts';
import type { Progress } from './progress.ts';
import { baselineOf, figureOf, labelOf, type Result } from './result.ts';
import { recordsFor, runContender } from './run-contender.ts';
import { turnsFor } from './spin.ts';

const cpuWorkMs = 0.5;

/** @param done is called with each result as soon as it is complete */
export async function runBench(
  options: BenchOptions,
  machine: Machine,
  progress: Progress,
  done: (result: Result) => void,
): Promise<void> {
  const bench: Bench = { options, machine, progress, env: { BENCH_TURNS: String(turnsFor(cpuWorkMs)) } };
  const all = contests(options);
  for (const kind of options.brokers) {
    const own = all.filter(({ broker }) => broker === kind);
    if (own.length > 0)
      await onBroker(kind, bench, async (broker, topics) => {
        for (const contest of own) done(await runContest(contest, broker, topics, bench));
      });
  }
  for (const workload of options.workloads)
    if (workload.load.kind === 'broker') done(await runBrokersAlone(workload, bench));
}

/** A contender that fails is out of the contest; the others go on. */
async function runContest(
  { workload, entries, broker: kind }: Contest,
  broker: BenchBroker,
  topics: BenchTopics,
  { options, machine, progress, env }: Bench,
): Promise<Result> {
  const startedAt = performance.now();
  const ground = { brokers: broker.brokers, topics, env };
  const against = baselineOf(entries);
  const rows = entries.map((entry) => ({
    ...{ entry, label: labelOf(entry), against },
    records: recordsFor(options.records ?? workload.records, entry),
    runs: [] as Measurement[],
    failure: null as string | null,
  }));
  for (let run = 1; run <= options.runs; run++) {
    for (const row of rows) {
      const what = `${workload.name.padEnd(8)} run ${run}/${options.runs}  ${row.label.padEnd(34)}`;
      progress.begins(what);
      if (row.failure === null) {
        try {
          row.runs.push(await runContender(workload, row.entry, row.records, ground));
        } catch (error) {
          row.failure = (error as Error).message;
        }
      }
      progress.ends(what, row.failure === null ? figureOf(row.runs.at(-1)!) : 'failed');
    }
  }
  const tookSeconds = (performance.now() - startedAt) / 1000;
  const plain = rows.map(({ entry: _, ...row }) => row);
  return { workload: workload.name, broker: kind, on: broker.title, rows: plain, machine, tookSeconds };
}
