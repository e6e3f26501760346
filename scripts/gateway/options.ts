/** The arguments of `npm run bench:gateway -- …`. */
import { CommandLine } from '../command-line.ts';

export interface LoadOptions {
  readonly broker: 'kafka' | 'embedded';
  /** How long requests are sent. */
  readonly seconds: number;
  /** Requests per second. */
  readonly rate: number;
  readonly connections: number;
  /** How the broker ends in the middle of the load; it comes back on the same port and data. */
  readonly signal: 'SIGTERM' | 'SIGKILL';
  readonly json: boolean;
}

export const usage =
  'npm run bench:gateway -- [--broker kafka|embedded] [--seconds 60] [--rate 2000] [--connections 64] [--signal SIGTERM|SIGKILL] [--json]';

const line = new CommandLine(usage);
const flags = {
  broker: { type: 'string' },
  seconds: { type: 'string' },
  rate: { type: 'string' },
  connections: { type: 'string' },
  signal: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** @throws UsageError with what was expected */
export function loadOptions(args: readonly string[]): LoadOptions {
  const { broker = 'kafka', signal = 'SIGTERM', ...values } = line.parse(args, flags);
  if (broker !== 'kafka' && broker !== 'embedded') throw line.mistake('--broker', 'kafka or embedded', broker);
  if (signal !== 'SIGTERM' && signal !== 'SIGKILL') throw line.mistake('--signal', 'SIGTERM or SIGKILL', signal);
  return {
    broker,
    seconds: line.wholeNumber('--seconds', values.seconds ?? '60', 1, 86_400),
    rate: line.wholeNumber('--rate', values.rate ?? '2000', 1, 100_000),
    connections: line.wholeNumber('--connections', values.connections ?? '64', 1, 200),
    signal,
    json: values.json ?? false,
  };
}
