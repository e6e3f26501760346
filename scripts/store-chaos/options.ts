/** The arguments of `npm run chaos:store -- …`. */
import { randomInt } from 'node:crypto';
import { CommandLine } from '../command-line.ts';

export interface StoreChaosOptions {
  readonly events: number;
  readonly kills: number;
  readonly seed: number;
  readonly json: boolean;
}

export const usage = 'npm run chaos:store -- [--events 100000] [--kills 40] [--seed N] [--json]';

const seeds = 2 ** 31;
const line = new CommandLine(usage);
const flags = {
  events: { type: 'string' },
  kills: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** @throws UsageError with what was expected */
export function storeChaosOptions(args: readonly string[]): StoreChaosOptions {
  const { events = '100000', kills = '40', seed, json = false } = line.parse(args, flags);
  return {
    events: line.wholeNumber('--events', events, 100, 10_000_000),
    kills: line.wholeNumber('--kills', kills, 0, 10_000),
    seed: seed === undefined ? randomInt(seeds) : line.wholeNumber('--seed', seed, 0, seeds - 1),
    json,
  };
}

/** The command that does the same again. */
export function commandOf({ events, kills, seed, json }: StoreChaosOptions): string {
  return `npm run chaos:store -- --events ${events} --kills ${kills} --seed ${seed}${json ? ' --json' : ''}`;
}
