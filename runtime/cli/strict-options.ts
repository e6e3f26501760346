/**
 * Refuses what commander lets pass: an option given twice, an empty value (`--port=`), and secrets as arguments, which
 * every user of the machine can read in the process list.
 */
import type { Command } from 'commander';

/** Call it once the command has all its options. Options that take several values may be repeated. */
export function refuseLooseOptions(command: Command): void {
  for (const option of command.options) {
    let given = 0;
    command.on(`option:${option.name()}`, (value: unknown) => {
      given++;
      if (given > 1 && !option.variadic) command.error(`error: option '${option.long}' is given twice`);
      if (value === '') command.error(`error: option '${option.flags}' argument is empty`);
    });
  }
}

/** @returns the name of the first option that looks like a secret, without its value; null when there is none */
export function secretOption(args: readonly string[]): string | null {
  const end = args.indexOf('--');
  for (const arg of end === -1 ? args : args.slice(0, end)) {
    const name = /^--?([\w.-]*(?:password|passwd|secret|token|sasl)[\w.-]*)/i.exec(arg)?.[0];
    if (name !== undefined) return name;
  }
  return null;
}
