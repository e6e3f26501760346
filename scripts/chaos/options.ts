/** The arguments of `npm run chaos -- …`. */
import { randomInt } from 'node:crypto';
import { CommandLine } from '../command-line.ts';
import { type KindName, kindOf, kinds } from './deck.ts';

export interface ChaosOptions {
  /** Comma-separated `host:port`; null: an Apache Kafka is started, whose brokers and network can fail too. */
  readonly brokers: string | null;
  readonly faults: number;
  /** What may happen; undefined: everything. */
  readonly kinds?: readonly KindName[] | undefined;
  readonly seed: number;
  readonly client: 'kafkajs' | 'platformatic';
  readonly json: boolean;
}

export const usage =
  'npm run chaos -- [--brokers host:port] [--faults 60] [--kinds a,b] [--seed N] [--client kafkajs|platformatic] [--json]';

const seeds = 2 ** 31;

const line = new CommandLine(usage);
const flags = {
  brokers: { type: 'string' },
  faults: { type: 'string' },
  kinds: { type: 'string' },
  seed: { type: 'string' },
  client: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** @throws UsageError with what was expected */
export function chaosOptions(args: readonly string[]): ChaosOptions {
  const values = line.parse(args, flags);
  const client = values.client ?? 'kafkajs';
  if (client !== 'kafkajs' && client !== 'platformatic')
    throw line.mistake('--client', 'kafkajs or platformatic', client);
  if (values.brokers !== undefined && !/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/.test(values.brokers))
    throw line.mistake('--brokers', 'host:port, more of them with commas', values.brokers);
  const wanted = values.kinds?.split(',').map(kindNamed);
  if (values.brokers !== undefined && wanted?.every((name) => kindOf(name).needs !== undefined))
    throw line.mistake('--kinds', 'a fault that needs no Kafka of its own, or no --brokers', values.kinds!);
  return {
    kinds: wanted,
    brokers: values.brokers ?? null,
    faults: line.wholeNumber('--faults', values.faults ?? '60', 1, 10_000),
    seed: values.seed === undefined ? randomInt(seeds) : line.wholeNumber('--seed', values.seed, 0, seeds - 1),
    client,
    json: values.json ?? false,
  };
}

/** The command that does the same again. */
export function commandOf({ brokers, faults, kinds: wanted, seed, client, json }: ChaosOptions): string {
  const words = [
    ...(brokers === null ? [] : ['--brokers', brokers]),
    ...['--faults', faults],
    ...(wanted === undefined ? [] : ['--kinds', `'${wanted.join()}'`]),
    ...['--seed', seed, '--client', client],
    ...(json ? ['--json'] : []),
  ];
  return `npm run chaos -- ${words.join(' ')}`;
}

function kindNamed(name: string): KindName {
  if (!Object.hasOwn(kinds, name))
    throw line.mistake('--kinds', `names of faults: ${Object.keys(kinds).join(', ')}`, name);
  return name as KindName;
}
