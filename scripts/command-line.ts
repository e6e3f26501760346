/** Flags of the project's own commands: read strictly, and a mistake in words, with the usage beneath it. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from '../runtime/core/errors.ts';

export class CommandLine {
  readonly #usage: string;

  constructor(usage: string) {
    this.#usage = usage;
  }

  /** @throws UsageError for a flag that is unknown or lacks its value */
  parse<const T extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: T) {
    try {
      return parseArgs({ args: [...args], options }).values;
    } catch (error) {
      throw this.#error((error as Error).message);
    }
  }

  /** @throws UsageError for anything but digits, or outside of the limits */
  wholeNumber(option: string, text: string, min: number, max: number): number {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw this.mistake(option, `a whole number from ${min} to ${max}`, text);
  }

  /** @param got undefined when it is missing */
  mistake(option: string, want: string, got: string | undefined): UsageError {
    return this.#error(`${option}: want ${want}, got ${got === undefined ? 'nothing' : JSON.stringify(got)}`);
  }

  #error(what: string): UsageError {
    return new UsageError('RT_USAGE', `${what}\nusage: ${this.#usage}`, { retryable: false });
  }
}
