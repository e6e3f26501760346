/**
 * `npm run bench:memory`: holds the runtime's memory against the formula of `bound.ts` under the loads of `scenarios.ts`.
 * Exit code 1 when one is over it, goes on growing, or does not get through.
 */
import { CommandLine } from '../../scripts/command-line.ts';
import { runCommand } from '../../scripts/run-command.ts';
import { resultText } from './report.ts';
import { type Measured, runScenario } from './run-scenario.ts';
import { scenarios } from './scenarios.ts';

await runCommand('bench:memory', async (args, terminal) => {
  const names = scenarios.map(({ name }) => name);
  const line = new CommandLine('npm run bench:memory -- [--only NAME]... [--patience SECONDS] [--json]');
  const flags = line.parse(args, {
    only: { type: 'string', multiple: true, default: names },
    patience: { type: 'string', default: '900' },
    json: { type: 'boolean', default: false },
  });
  const unknown = flags.only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw line.mistake('--only', `one of ${names.join(', ')}`, unknown);
  const patienceSeconds = line.wholeNumber('--patience', flags.patience, 1, 86_400);

  const results: Measured[] = [];
  for (const scenario of scenarios.filter(({ name }) => flags.only.includes(name))) {
    const measured = await runScenario(scenario, patienceSeconds, console.error);
    results.push(measured);
    if (!flags.json) terminal.out(`${resultText(measured)}\n\n`);
  }
  if (flags.json) terminal.out(`${JSON.stringify(results, null, 2)}\n`);
  return results.every(({ passed }) => passed) ? 0 : 1;
});
