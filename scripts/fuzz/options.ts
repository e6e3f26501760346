/** The arguments of `npm run fuzz -- …`. */
import { CommandLine } from '../command-line.ts';
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

const line = new CommandLine(usage);
const flags = {
  inputs: { type: 'string' },
  seed: { type: 'string' },
  target: { type: 'string' },
  json: { type: 'boolean' },
  replay: { type: 'string' },
} as const;
const numberMax = 2 ** 31 - 1;

/** @throws UsageError with what was expected */
export function fuzzOptions(args: readonly string[]): FuzzOptions {
  const values = line.parse(args, flags);
  const target = values.target ?? null;
  if (target !== null && !isTargetName(target)) throw line.mistake('--target', targetNames.join(', '), target);
  const replay = values.replay ?? null;
  if (replay !== null && target === null)
    throw line.mistake('--target', `the one that ${replay} belongs to`, undefined);
  return {
    inputs: line.wholeNumber('--inputs', values.inputs ?? '1000000', 1, numberMax),
    seed: line.wholeNumber('--seed', values.seed ?? '1', 0, numberMax),
    targets: target === null ? targetNames : [target],
    json: values.json === true,
    replay,
  };
}
