/**
 * `npm run bench:memory`: holds the runtime's memory against the formula of `bound.ts` under the loads of `scenarios.ts`.
 * Exit code 1 when one is over it, goes on growing, or does not get through.
 *
 *   npm run bench:memory -- [--only NAME]... [--patience SECONDS] [--json]
 */
import { parseArgs } from 'node:util';
import { resultText } from './report.ts';
import { type Measured, runScenario } from './run-scenario.ts';
import { scenarios } from './scenarios.ts';

const names = scenarios.map(({ name }) => name);
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    patience: { type: 'string', default: '900' },
    json: { type: 'boolean' },
  },
});
const unknown = values.only?.find((name) => !names.includes(name));
const patienceSeconds = Number(values.patience);
if (unknown !== undefined || !(patienceSeconds > 0)) {
  console.error(`bench:memory: --only takes ${names.join(', ')}; --patience takes seconds`);
  process.exit(1);
}

const results: Measured[] = [];
for (const scenario of scenarios.filter(({ name }) => values.only?.includes(name) ?? true)) {
  const measured = await runScenario(scenario, patienceSeconds, console.error);
  results.push(measured);
  if (values.json !== true) console.log(`${resultText(measured)}\n`);
}
if (values.json === true) console.log(JSON.stringify(results, null, 2));
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
