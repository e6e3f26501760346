/** The records of one batch with bytes of their own, for whoever keeps a few of them: views would keep the whole batch. */
import type { TopicPartition } from '../core/record-set.ts';
import type { RawRecord } from '../core/thread-messages.ts';
import type { BatchHeader } from '../protocol/records/batch-header.ts';
import { decodeBatch } from '../protocol/records/record-batch.ts';

/** As it lies in Kafka. */
export interface StoredRecord extends RawRecord, TopicPartition {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** As the default of `batch.maxDecompressed`: what a handler could not be given is not shown either. */
const maxDecompressedBytes = 64 * 1024 * 1024;

/** @param at first byte of the batch that `header` was read from @throws ProtocolError */
export function* storedRecords(
  { topic, partition }: TopicPartition,
  bytes: Buffer,
  at: number,
  header: BatchHeader,
): Generator<StoredRecord> {
  const batch = decodeBatch(bytes, at, header, maxDecompressedBytes);
  for (let i = 0; i < batch.count; i++) {
    yield {
      topic,
      partition,
      offset: batch.offsetAt(i),
      timestamp: batch.timestampAt(i),
      key: copyOf(batch.keyAt(i)),
      value: copyOf(batch.valueAt(i)),
      headers: batch.headersAt(i).map(([name, value]) => [name, copyOf(value)] as const),
    };
  }
}

function copyOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
