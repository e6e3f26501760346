/**
 * `npm run bench:gateway`: requests at a steady rate while the broker is restarted; then a table that says whether every
 * 202 is in the topic and nothing is there twice. Exit code 0 only if so.
 */
import { printError } from '../../runtime/cli/print-error.ts';
import { processTerminal } from '../../runtime/cli/terminal.ts';
import { failureExitCode } from '../../runtime/supervisor/run-end.ts';
import { loadOptions } from './options.ts';
import { holds, report } from './report.ts';
import { runLoad } from './run.ts';

try {
  const options = loadOptions(process.argv.slice(2));
  const result = await runLoad(options);
  const asJson = { options, ...result, statuses: Object.fromEntries(result.statuses) };
  const { exchangeMs: _, acceptedMs: __, ...figures } = asJson;
  console.log(options.json ? JSON.stringify(figures, null, 2) : report(result, options));
  process.exitCode = holds(result) ? 0 : 1;
} catch (error) {
  printError(error, processTerminal());
  process.exitCode = failureExitCode(error);
}
