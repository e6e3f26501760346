/** Tells a person what went wrong: a user's mistake in its own words, a mistake of ours with all that helps to find it. */
import { isRuntimeFault } from '../core/errors.ts';
import type { Terminal } from './terminal.ts';

export function printError(error: unknown, terminal: Terminal): void {
  if (isRuntimeFault(error) && error.name !== 'InternalError') {
    terminal.err(`${error.message}\n`);
    return;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.err(`This is a mistake in the runtime itself, please report it with these lines:\n${text}\n`);
}
