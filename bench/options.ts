/** The arguments of `npm run bench -- …`. */
import { UsageError } from '../runtime/core/errors.ts';
import { CommandLine } from '../scripts/command-line.ts';
import type { KafkaSupport } from '../scripts/real/kafka-install.ts';
import type { BrokerKind } from './brokers/kinds.ts';
import { type ContenderName, contenders } from './contenders/all.ts';
import type { Workload } from './workload.ts';
import { workloads } from './workloads/all.ts';

export interface BenchOptions {
  readonly workloads: readonly Workload[];
  readonly contenders: readonly ContenderName[];
  readonly runs: number;
  /** Instead of what each workload says; null for that. */
  readonly records: number | null;
  readonly brokers: readonly BrokerKind[];
  /** A file for the figures of every run; null for none. */
  readonly json: string | null;
  /** Renew the sections of `RESULTS.md` for what was run. */
  readonly write: boolean;
}

export const usage =
  'npm run bench -- [--only noop,json] [--contenders runtime,…] [--runs 3] [--records N] [--broker kafka|embedded|both] [--json FILE] [--write]';

const line = new CommandLine(usage);
const flags = {
  only: { type: 'string' },
  contenders: { type: 'string' },
  runs: { type: 'string' },
  records: { type: 'string' },
  broker: { type: 'string' },
  json: { type: 'string' },
  write: { type: 'boolean' },
} as const;

/** @throws UsageError with what was expected */
export function benchOptions(args: readonly string[]): BenchOptions {
  const values = line.parse(args, flags);
  const broker = values.broker ?? 'kafka';
  if (broker !== 'kafka' && broker !== 'embedded' && broker !== 'both')
    throw line.mistake('--broker', 'kafka, embedded or both', broker);
  const names = workloads.map(({ name }) => name);
  const wanted = chosen('--only', values.only, names);
  return {
    workloads: workloads.filter(({ name }) => wanted.includes(name)),
    contenders: chosen('--contenders', values.contenders, Object.keys(contenders) as ContenderName[]),
    runs: line.wholeNumber('--runs', values.runs ?? '3', 1, 100),
    records: values.records === undefined ? null : line.wholeNumber('--records', values.records, 100, 100_000_000),
    brokers: broker === 'both' ? ['kafka', 'embedded'] : [broker],
    json: values.json ?? null,
    write: values.write ?? false,
  };
}

/**
 * @param kafka whether this machine has what Apache Kafka and its tools need
 * @returns the options, without Java's consumer where there is no Java
 * @throws UsageError when Kafka is to be started and cannot be
 */
export function possible(options: BenchOptions, kafka: KafkaSupport, say: (line: string) => void): BenchOptions {
  if (kafka.kind === 'ready') return options;
  if (options.brokers.includes('kafka') && (process.env.KAFKA_BROKERS ?? '') === '')
    throw new UsageError('RT_USAGE', `${kafka.reason}; or take --broker embedded`, { retryable: false });
  if (options.contenders.includes('java-consumer')) say(`without Java's consumer: ${kafka.reason}\n`);
  return { ...options, contenders: options.contenders.filter((name) => name !== 'java-consumer') };
}

function chosen<Name extends string>(
  option: string,
  text: string | undefined,
  names: readonly Name[],
): readonly Name[] {
  if (text === undefined) return names;
  const wanted = text.split(',');
  const unknown = wanted.find((name) => !(names as readonly string[]).includes(name));
  if (unknown !== undefined) throw line.mistake(option, `names of ${names.join(', ')}, with commas`, unknown);
  return wanted as Name[];
}
