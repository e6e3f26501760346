import { printError } from '../runtime/cli/print-error.ts';
import { processTerminal, type Terminal } from '../runtime/cli/terminal.ts';
import { isRuntimeFault } from '../runtime/core/errors.ts';
import { failureExitCode } from '../runtime/supervisor/run-end.ts';

/**
 * Runs one of the project's own commands. A mistake of whoever typed it is told in words, anything else with its stack.
 *
 * @param name as it is called with `npm run`
 * @param command gets the arguments; returns the exit code, or nothing for 0 and whatever it has set itself
 */
export async function runCommand(
  name: string,
  command: (args: readonly string[], terminal: Terminal) => Promise<number | undefined>,
): Promise<void> {
  const terminal = processTerminal();
  try {
    const exitCode = await command(process.argv.slice(2), terminal);
    if (exitCode !== undefined) process.exitCode = exitCode;
  } catch (error) {
    if (isRuntimeFault(error)) printError(error, terminal);
    else terminal.err(`${name}: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = failureExitCode(error);
  }
}
