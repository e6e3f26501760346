/** Finds offsets by time, as ListOffsets asks for them: exact to the record, so the batch found is unpacked. */
import { BatchHeader } from '../../protocol/records/batch-header.ts';
import { decodeBatch } from '../../protocol/records/record-batch.ts';
import type { PartitionLog } from './partition-log.ts';

export interface TimedOffset {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

/** A batch of at most 1 MB (`max.message.bytes`) is trusted to unpack to this much, as its producer is local. */
const decompressedBytesMax = 256 * 1024 * 1024;

/** @returns the first record at or after `timestamp`, or null. @throws ProtocolError for a batch that does not unpack */
export function firstAtOrAfter(log: PartitionLog, timestamp: number): TimedOffset | null {
  for (const { stored, bytes } of log.batches()) {
    if (stored.maxTimestamp < timestamp) continue;
    const found = firstIn(bytes, (t, offset) => t >= timestamp && offset >= log.logStart);
    if (found !== null) return found;
  }
  return null;
}

/** @returns the first record with the highest timestamp, or null in an empty log. @throws as `firstAtOrAfter` */
export function latestByTime(log: PartitionLog): TimedOffset | null {
  const latest = log.latest;
  if (latest === null) return null;
  const bytes = log.read(latest.baseOffset, latest.lastOffset + 1, latest.byteLength, true);
  return firstIn(bytes, (t) => t >= latest.maxTimestamp);
}

function firstIn(bytes: Buffer, matches: (timestamp: number, offset: number) => boolean): TimedOffset | null {
  const batch = decodeBatch(bytes, 0, new BatchHeader(bytes, 0), decompressedBytesMax);
  for (let i = 0; i < batch.count; i++) {
    const timestamp = batch.timestampAt(i);
    const offset = batch.offsetAt(i);
    if (matches(timestamp, offset)) return { offset, timestamp };
  }
  return null;
}
