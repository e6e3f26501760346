/** The arguments of `npm run chaos -- …`. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { UsageError } from '../../runtime/core/errors.ts';
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

/** @throws UsageError with what was expected */
export function chaosOptions(args: readonly string[]): ChaosOptions {
  const values = parse(args);
  const client = values.client ?? 'kafkajs';
  if (client !== 'kafkajs' && client !== 'platformatic') throw mistake('--client', 'kafkajs or platformatic', client);
  if (values.brokers !== undefined && !/^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$/.test(values.brokers))
    throw mistake('--brokers', 'host:port, more of them with commas', values.brokers);
  const wanted = values.kinds?.split(',').map(kindNamed);
  if (values.brokers !== undefined && wanted?.every((name) => kindOf(name).needs !== undefined))
    throw mistake('--kinds', 'a fault that needs no Kafka of its own, or no --brokers', values.kinds!);
  return {
    kinds: wanted,
    brokers: values.brokers ?? null,
    faults: wholeNumber('--faults', values.faults ?? '60', 1, 10_000),
    seed: values.seed === undefined ? randomInt(seeds) : wholeNumber('--seed', values.seed, 0, seeds - 1),
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
  if (!Object.hasOwn(kinds, name)) throw mistake('--kinds', `names of faults: ${Object.keys(kinds).join(', ')}`, name);
  return name as KindName;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        brokers: { type: 'string' },
        faults: { type: 'string' },
        kinds: { type: 'string' },
        seed: { type: 'string' },
        client: { type: 'string' },
        json: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError('RT_USAGE', `${(error as Error).message}\nusage: ${usage}`, { retryable: false });
  }
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max)
    throw mistake(option, `a whole number from ${min} to ${max}`, text);
  return number;
}

function mistake(option: string, want: string, got: string): UsageError {
  return new UsageError('RT_USAGE', `${option}: want ${want}, got ${JSON.stringify(got)}\nusage: ${usage}`, {
    retryable: false,
  });
}
