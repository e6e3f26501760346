/**
 * `npm run bench:gateway`: requests at a steady rate while the broker is restarted; then a table that says whether every
 * 202 is in the topic and nothing is there twice. Exit code 0 only if so.
 */
import { runCommand } from '../run-command.ts';
import { loadOptions } from './options.ts';
import { holds, report } from './report.ts';
import { runLoad } from './run.ts';

await runCommand('bench:gateway', async (args) => {
  const options = loadOptions(args);
  const result = await runLoad(options);
  const asJson = { options, ...result, statuses: Object.fromEntries(result.statuses) };
  const { exchangeMs: _, acceptedMs: __, ...figures } = asJson;
  console.log(options.json ? JSON.stringify(figures, null, 2) : report(result, options));
  return holds(result) ? 0 : 1;
});
