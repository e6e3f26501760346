/** Runs one command and turns whatever happens into an exit code. */
import { CommanderError } from 'commander';
import { failureExitCode } from '../supervisor/run-end.ts';
import { exitCodes } from './exit-codes.ts';
import { printError } from './print-error.ts';
import { createProgram } from './program.ts';
import { secretOption } from './strict-options.ts';
import type { Terminal } from './terminal.ts';

/** @param args without the program's own name @returns the exit code; never rejects */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const secret = secretOption(args);
  if (secret !== null) {
    terminal.err(
      `error: ${secret} is not accepted: other users of this machine can read arguments. Put the secret into the ` +
        `environment or a file, and name it in the manifest: \${NAME} or \${file:/path}.\n`,
    );
    return exitCodes.mistake;
  }
  const result = { exitCode: exitCodes.done as number };
  try {
    await createProgram(terminal, result).parseAsync([...args], { from: 'user' });
    return result.exitCode;
  } catch (error) {
    // Commander has printed what it has to say; help and version that were asked for are no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.mistake;
    printError(error, terminal);
    return failureExitCode(error);
  }
}
