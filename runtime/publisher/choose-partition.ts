/**
 * `producer.partitioner`: which partition a published record goes to, when it names none itself.
 *
 *   key         murmur2 of the key, as Kafka's Java client        user_123 → hash of user_123
 *   composite   the same, of what stands before the first colon   tenant-7:order-1 → hash of tenant-7
 *   prefix      the number behind the last underscore             user_123 → 123 mod partitions; other keys: their hash
 *   roundRobin  the next one for every record; a key has no order then
 *   module      what the user's function says
 *
 * Without a key the first three spread records over the partitions; those of one call for one topic stay together.
 */
import { PublishError } from '../core/errors.ts';
import type { PartitionerSettings } from '../core/settings.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { partitionOfKey } from './murmur2.ts';

/** What a module's default export gets. The key as text; null without one. */
export interface RecordToPlace {
  readonly topic: string;
  readonly key: string | null;
  readonly headers: ReadonlyMap<string, Uint8Array | null>;
}

/** The default export of `partitioner.module`. Runs on the main thread, for every record: it must be quick. */
export type PartitionerModule = (record: RecordToPlace, partitionCount: number) => number;

/** `keyless`: any partition will do. `next`: the one after the last record's. */
export type PartitionChoice = number | 'keyless' | 'next';

/** @throws PublishError what a module threw, or returned that is no partition */
export type ChoosePartition = (record: OutboundRecord, partitionCount: number) => PartitionChoice;

export const byKey: ChoosePartition = ({ key }, count) => (key === null ? 'keyless' : partitionOfKey(key, count));

const colon = 0x3a;

const byFirstPart: ChoosePartition = ({ key }, count) => {
  if (key === null) return 'keyless';
  const end = key.indexOf(colon);
  return partitionOfKey(end < 0 ? key : key.subarray(0, end), count);
};

const byNumber: ChoosePartition = ({ key }, count) => {
  if (key === null) return 'keyless';
  const digits = /_(\d{1,40})$/.exec(Buffer.from(key.buffer, key.byteOffset, key.length).toString())?.[1];
  return digits === undefined ? partitionOfKey(key, count) : Number(BigInt(digits) % BigInt(count));
};

/** @param module with `by: module` */
export function choosePartition({ by, file }: PartitionerSettings, module: PartitionerModule | null): ChoosePartition {
  switch (by) {
    case 'key':
      return byKey;
    case 'composite':
      return byFirstPart;
    case 'prefix':
      return byNumber;
    case 'roundRobin':
      return () => 'next';
    case 'module':
      return (record, count) => asked(module!, file!, record, count);
    default:
      return by satisfies never;
  }
}

function asked(module: PartitionerModule, file: string, record: OutboundRecord, count: number): number {
  const { topic, key, headers } = record;
  let answer: unknown;
  try {
    answer = module(
      { topic, key: key === null ? null : Buffer.from(key).toString(), headers: new Map(headers) },
      count,
    );
  } catch (error) {
    throw new PublishError('RT_PUBLISH_INVALID', `${file}: the partitioner threw for a record of ${topic}`, {
      retryable: false,
      cause: error,
    });
  }
  if (Number.isInteger(answer) && (answer as number) >= 0 && (answer as number) < count) return answer as number;
  const message = `${file}: expected a partition of ${topic} from 0 to ${count - 1}, got ${typeof answer} ${shown(answer)}`;
  throw new PublishError('RT_PUBLISH_INVALID', message, { retryable: false });
}

function shown(answer: unknown): string {
  return typeof answer === 'number' || typeof answer === 'string' ? String(answer).slice(0, 80) : '';
}
