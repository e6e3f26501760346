/**
 * `npm run chaos`: processes of one group on Apache Kafka, a steady load, and one fault after another; then a table that
 * says which promises were kept. Exit code 0 only if all were.
 */
import { printError } from '../../runtime/cli/print-error.ts';
import { processTerminal } from '../../runtime/cli/terminal.ts';
import { failureExitCode } from '../../runtime/supervisor/run-end.ts';
import { runCampaign } from './campaign.ts';
import { type ChaosOptions, chaosOptions, commandOf } from './options.ts';
import { progress } from './progress.ts';
import { report } from './report.ts';
import { judge } from './verdict.ts';

const terminal = processTerminal();
try {
  process.exitCode = await chaos(chaosOptions(process.argv.slice(2)));
} catch (error) {
  printError(error, terminal);
  process.exitCode = failureExitCode(error);
}

async function chaos(options: ChaosOptions): Promise<number> {
  console.error(`seed ${options.seed}, ${options.faults} faults, client ${options.client}`);
  const watcher = progress(process.stderr, options.faults);
  const result = await runCampaign(options, watcher).finally(() => watcher.close());
  const verdict = judge(result);
  const { results, history, folder } = result;
  if (options.json) {
    console.log(JSON.stringify({ ...options, ...verdict, steps: results, records: history.records.length }, null, 2));
  } else console.log(report(result, verdict, terminal.colors));
  if (verdict.holds) result.forget();
  else console.error(`\nbroken; what was written down is in ${folder}\nagain with: ${commandOf(options)}`);
  return verdict.holds ? 0 : 1;
}
