/** The arguments of `npm run fuzz -- …`. */
import { parseArgs } from 'node:util';
import { UsageError } from '../../runtime/core/errors.ts';
import { isTargetName, type TargetName, targetNames } from './targets.ts';

export interface FuzzOptions {
  /** In all, divided evenly among the targets. */
  readonly inputs: number;
  readonly seed: number;
  readonly targets: readonly TargetName[];
  readonly json: boolean;
  /** A saved input, run instead of made ones. */
  readonly replay: string | null;
}

export const usage = `npm run fuzz -- [--inputs 1000000] [--seed 1] [--target ${targetNames.join('|')}] [--json] [--replay FILE]`;

/** @throws UsageError with what was expected */
export function fuzzOptions(args: readonly string[]): FuzzOptions {
  const values = parse(args);
  const target = values.target ?? null;
  if (target !== null && !isTargetName(target)) throw mistake('--target', targetNames.join(', '), target);
  const replay = values.replay ?? null;
  if (replay !== null && target === null) throw mistake('--target', `the one that ${replay} belongs to`, undefined);
  return {
    inputs: whole('--inputs', values.inputs ?? '1000000', 1),
    seed: whole('--seed', values.seed ?? '1', 0),
    targets: target === null ? targetNames : [target],
    json: values.json === true,
    replay,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        inputs: { type: 'string' },
        seed: { type: 'string' },
        target: { type: 'string' },
        json: { type: 'boolean' },
        replay: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError('RT_USAGE', `${(error as Error).message}\nusage: ${usage}`, { retryable: false });
  }
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least && value < 2 ** 31) return value;
  throw mistake(option, `a whole number from ${least} to 2147483647`, text);
}

function mistake(option: string, want: string, got: string | undefined): UsageError {
  const found = got === undefined ? 'nothing' : JSON.stringify(got);
  return new UsageError('RT_USAGE', `${option}: want ${want}, got ${found}\nusage: ${usage}`, { retryable: false });
}
