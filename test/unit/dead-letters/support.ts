/** Letters, and a partition in memory that answers like `PartitionReader`. */
import type { RawHeader } from '../../../runtime/core/thread-messages.ts';
import { type DeadLetter, deadLetterOf } from '../../../runtime/dead-letters/dead-letter.ts';
import type { Extent, FoundBatch, PartitionReader } from '../../../runtime/kafka/partition-reader.ts';
import type { StoredRecord } from '../../../runtime/kafka/stored-records.ts';
import type { BatchHeader } from '../../../runtime/protocol/records/batch-header.ts';

export function headers(...texts: readonly (readonly [string, string])[]): readonly RawHeader[] {
  return texts.map(([name, text]) => [name, Buffer.from(text)] as const);
}

export function record(part: Partial<StoredRecord> = {}): StoredRecord {
  return {
    topic: 'orders.stream.dlq',
    partition: 0,
    offset: 0,
    timestamp: 0,
    key: Buffer.from('a'),
    value: Buffer.from('{}'),
    headers: [],
    ...part,
  };
}

export function letter(...texts: readonly (readonly [string, string])[]): DeadLetter {
  return deadLetterOf(record({ headers: headers(...texts) }));
}

/** @param batches ascending, each with its records, and the offsets it stands for where that is more */
export function fakeReader(
  batches: readonly { readonly records: readonly StoredRecord[]; readonly base?: number; readonly last?: number }[],
  extent: Extent,
) {
  const reads: Extent[] = [];
  const reader: Pick<PartitionReader, 'extent' | 'batches'> = {
    extent: async () => extent,
    async *batches(_, { begin, end }) {
      reads.push({ begin, end });
      for (const { records, base = records[0]!.offset, last = records.at(-1)!.offset } of batches) {
        if (base >= end) return;
        const header = { baseOffset: base, lastOffset: last, recordCount: records.length } as BatchHeader;
        if (last >= begin) yield { header, records: () => records } satisfies FoundBatch;
      }
    },
  };
  return { reader, reads };
}

export async function all<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
