/** The arguments of `npm start -- …`. */
import { parseArgs } from 'node:util';
import { UsageError } from '../../runtime/core/errors.ts';
import { acceptedDurations, parseDuration } from '../../runtime/core/units.ts';

export interface DemoOptions {
  /** Null: until Ctrl-C. */
  readonly forMs: number | null;
  readonly perSecond: number;
}

export const usage = 'npm start -- [--for 10s] [--rate 100]';

/** @throws UsageError with what was expected */
export function demoOptions(args: readonly string[]): DemoOptions {
  const values = parse(args);
  const forMs = values.for === undefined ? null : parseDuration(values.for);
  if (values.for !== undefined && forMs === null) throw mistake('--for', acceptedDurations, values.for);
  const perSecond = Number(values.rate ?? '100');
  if (!(perSecond > 0 && perSecond <= 100_000)) throw mistake('--rate', 'orders per second, up to 100000', values.rate);
  return { forMs, perSecond };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { for: { type: 'string' }, rate: { type: 'string' } } }).values;
  } catch (error) {
    throw new UsageError('RT_USAGE', `${(error as Error).message}\nusage: ${usage}`, { retryable: false });
  }
}

function mistake(option: string, want: string, got: string | undefined): UsageError {
  return new UsageError('RT_USAGE', `${option}: want ${want}, got ${JSON.stringify(got)}\nusage: ${usage}`, {
    retryable: false,
  });
}
