/**
 * The records of one partition, oldest or newest first, as they are asked for.
 *
 *   oldest first    begin ▶▶▶ batch ▶▶▶ batch ▶▶▶ end
 *   newest first    begin ┄┄┄┄┄┄┄┄┄┄ [window ▶▶▶]◀ [window ▶▶▶]◀ end
 *
 * Kafka reads forward only. So the way back goes by windows: each is read forward and given out backward. Of a window
 * with more bytes than may be kept, its newest records are; the next window ends before them. An empty window (offsets
 * that compaction has left nothing of) doubles the next one.
 */
import type { TopicPartition } from '../core/record-set.ts';
import type { Extent, PartitionReader, ReadOptions } from '../kafka/partition-reader.ts';
import type { StoredRecord } from '../kafka/stored-records.ts';
import { NewestRecords } from './newest-records.ts';

/** Offsets of the first window, and of the largest one that has records in it. */
const window = { first: 64, max: 4096 };

export async function* oldestFirst(
  reader: Pick<PartitionReader, 'batches'>,
  partition: TopicPartition,
  { begin, end }: Extent,
  options: ReadOptions,
): AsyncGenerator<StoredRecord> {
  for await (const batch of reader.batches(partition, { begin, end }, options)) {
    for (const record of batch.records()) if (record.offset >= begin && record.offset < end) yield record;
  }
}

/** Keeps `options.maxBytes` of records at most, or one record if that is larger. */
export async function* newestFirst(
  reader: Pick<PartitionReader, 'batches'>,
  partition: TopicPartition,
  { begin, end }: Extent,
  options: ReadOptions,
): AsyncGenerator<StoredRecord> {
  let width = window.first;
  for (let to = end; to > begin; ) {
    let from = Math.max(begin, to - width);
    const kept = new NewestRecords(options.maxBytes);
    for await (const batch of reader.batches(partition, { begin: from, end: to }, options)) {
      from = Math.max(begin, Math.min(from, batch.header.baseOffset)); // that batch is decoded in any case
      for (const record of batch.records()) if (record.offset >= from && record.offset < to) kept.push(record);
    }
    yield* kept.backward();
    to = kept.incomplete ? kept.oldest!.offset : from;
    if (kept.count === 0) width *= 2;
    else width = kept.incomplete ? kept.count : Math.min(window.max, width * 2);
  }
}
