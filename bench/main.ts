/**
 * `npm run bench`: how fast the runtime is, next to the usual ways of reading Kafka in Node and to Java's consumer, in the
 * same run on the same machine. Prints a table for each workload (`workloads/`), keeps `RESULTS.md` with `--write`.
 *
 *   npm run bench -- --only noop,json --runs 3 --broker both
 *
 * On the Kafka at KAFKA_BROKERS, on one that it starts, or on the embedded broker.
 */
import { writeFileSync } from 'node:fs';
import { printError } from '../runtime/cli/print-error.ts';
import { processTerminal } from '../runtime/cli/terminal.ts';
import { UsageError } from '../runtime/core/errors.ts';
import { failureExitCode } from '../runtime/supervisor/run-end.ts';
import { kafkaSupport } from '../scripts/real/kafka-install.ts';
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

const terminal = processTerminal();
try {
  await bench(possible(benchOptions(process.argv.slice(2)), await kafkaSupport(), terminal.err));
} catch (error) {
  if (error instanceof UsageError) printError(error, terminal);
  else terminal.err(`bench: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = failureExitCode(error);
}

async function bench(options: BenchOptions): Promise<void> {
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
