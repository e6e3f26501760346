/**
 * Counts records. Offsets alone tell too many: compaction, deleted records, transaction markers and records that were
 * taken back leave gaps. So the batches are read, by their headers: no record is decoded, but for a batch at the edge.
 */
import type { TopicPartition } from '../core/record-set.ts';
import type { Extent, FoundBatch, PartitionReader, ReadOptions } from '../kafka/partition-reader.ts';

export interface CountOptions {
  /** False: from the offsets only, which costs two small requests per partition and may be too many. Default true. */
  readonly exact?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface LetterCount {
  readonly topic: string;
  readonly records: number;
  /** False: there may be fewer. */
  readonly exact: boolean;
  readonly partitions: readonly PartitionCount[];
}

export interface PartitionCount {
  readonly partition: number;
  readonly records: number;
  /** The offsets looked at: from `begin` up to, not including, `end`. */
  readonly begin: bigint;
  readonly end: bigint;
}

/** @throws KafkaError; the reason of `signal` */
export async function countRecords(
  reader: Pick<PartitionReader, 'extent' | 'batches'>,
  topic: string,
  partitions: readonly TopicPartition[],
  { exact = true, signal, maxBytes }: CountOptions & ReadOptions,
): Promise<LetterCount> {
  const counts: PartitionCount[] = [];
  for (const partition of partitions) {
    const extent = await reader.extent(partition, signal);
    let records = exact ? 0 : extent.end - extent.begin;
    if (exact) {
      for await (const batch of reader.batches(partition, extent, { maxBytes, signal }))
        records += within(batch, extent);
    }
    const [begin, end] = [BigInt(extent.begin), BigInt(extent.end)];
    counts.push({ partition: partition.partition, records, begin, end });
  }
  return { topic, records: counts.reduce((sum, { records }) => sum + records, 0), exact, partitions: counts };
}

function within(batch: FoundBatch, { begin, end }: Extent): number {
  const { baseOffset, lastOffset, recordCount } = batch.header;
  if (baseOffset >= begin && lastOffset < end) return recordCount;
  let count = 0;
  for (const { offset } of batch.records()) if (offset >= begin && offset < end) count++;
  return count;
}
