/** The program behind `runtime`: arguments in, exit code out. `bin.js` loads it on a Node that can run it. */
import { run } from './cli/run.ts';
import { processTerminal } from './cli/terminal.ts';

const exitCode = await run(process.argv.slice(2), processTerminal());
// Everything is closed by now, or was given up after a deadline: what is left must not keep the process alive.
process.exit(exitCode);
