/**
 * `npm run bench`: how fast the runtime is, next to the usual ways of reading Kafka in Node and to Java's consumer, in the
 * same run on the same machine. Prints a table for each workload (`workloads/`), keeps `RESULTS.md` with `--write`.
 *
 *   npm run bench -- --only noop,json --runs 3 --broker both
 *
 * On the Kafka at KAFKA_BROKERS, on one that it starts, or on the embedded broker.
 */
import { writeFileSync } from 'node:fs';
import type { Terminal } from '../runtime/cli/terminal.ts';
import { kafkaSupport } from '../scripts/real/kafka-install.ts';
import { runCommand } from '../scripts/run-command.ts';
import { runBench } from './bench.ts';
import { describeMachine } from './machine.ts';
import { type BenchOptions, benchOptions, possible } from './options.ts';
import { expectedRuns } from './plan.ts';
import { duration, showProgress } from './progress.ts';
import type { Result } from './result.ts';
import { keepResults, knownResults, machineText, noiseText } from './results-file.ts';
import { aligned, cellsOf, failures } from './table.ts';
import { verdict } from './verdict.ts';
import { workloads } from './workloads/all.ts';

await runCommand('bench', async (args, terminal) =>
  bench(possible(benchOptions(args), await kafkaSupport(), terminal.err), terminal),
);

async function bench(options: BenchOptions, terminal: Terminal): Promise<undefined> {
  const machine = describeMachine();
  const runs = expectedRuns(options, knownResults());
  const total = runs.reduce((sum, seconds) => sum + seconds, 0);
  terminal.err(`${runs.length} runs, ${duration(total)}; ${machineText(machine)} ${noiseText(machine)}\n`);
  const progress = showProgress(process.stderr, runs);
  const results: Result[] = [];
  const done = (result: Result): void => {
    results.push(result);
    progress.close();
    terminal.out(`${textOf(result)}\n`);
    if (failures(result).length > 0) process.exitCode = 1;
    // Now, not at the end: what was measured is not lost when something fails later, or somebody has no more time.
    if (options.json !== null) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
    if (options.write) keepResults([result]);
  };
  await runBench(options, machine, progress, done).finally(() => progress.close());
}

function textOf(result: Result): string {
  const workload = workloads.find(({ name }) => name === result.workload)!;
  const said = verdict(result, workload.target);
  return [
    `\n${workload.name}: ${workload.title}, on ${result.on}\n`,
    aligned(cellsOf(result)),
    ...failures(result),
    ...(said === null ? [] : [`\n${said}`]),
  ].join('\n');
}
