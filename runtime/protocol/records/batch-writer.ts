/** Writes records as one batch of format v2, for producers and for the embedded broker. Layout: `batch-header.ts`. */
import type { Compression } from '../../core/settings.ts';
import type { RawRecord } from '../../core/thread-messages.ts';
import { attributeBits, batchLayout, codecs, lengthOverhead } from './batch-header.ts';
import { compress } from './compression.ts';
import { crc32c } from './crc32c.ts';
import { varintSize, writeVarint } from './varint.ts';

export interface RecordToWrite extends RawRecord {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** Offset minus the batch's base offset, ascending; the record's place when missing. */
  readonly offsetDelta?: number;
}

export interface BatchToWrite {
  /** At least one. */
  readonly records: readonly RecordToWrite[];
  /** Producers send 0: the broker assigns offsets. */
  readonly baseOffset?: number;
  readonly codec?: Compression;
  /** -1 unless the producer is idempotent; the same for epoch and sequence. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly partitionLeaderEpoch?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
}

/** @returns the bytes of the whole batch */
export function writeBatch(batch: BatchToWrite): Buffer {
  const { records, codec = 'none' } = batch;
  const baseTimestamp = records[0]?.timestamp ?? 0;
  const sizes = records.map((record, i) => recordSize(record, i, baseTimestamp));
  const packed = compress(codec, writeRecords(records, sizes, baseTimestamp));
  const bytes = Buffer.allocUnsafe(batchLayout.records + packed.length);
  packed.copy(bytes, batchLayout.records);
  bytes.writeBigInt64BE(BigInt(batch.baseOffset ?? 0), batchLayout.baseOffset);
  bytes.writeInt32BE(bytes.length - lengthOverhead, batchLayout.length);
  bytes.writeInt32BE(batch.partitionLeaderEpoch ?? -1, batchLayout.partitionLeaderEpoch);
  bytes.writeInt8(2, batchLayout.magic);
  bytes.writeInt16BE(attributes(batch), batchLayout.attributes);
  const last = records.length - 1;
  bytes.writeInt32BE(records[last]?.offsetDelta ?? last, batchLayout.lastOffsetDelta);
  bytes.writeBigInt64BE(BigInt(baseTimestamp), batchLayout.baseTimestamp);
  bytes.writeBigInt64BE(BigInt(latest(records)), batchLayout.maxTimestamp);
  bytes.writeBigInt64BE(BigInt(batch.producerId ?? -1), batchLayout.producerId);
  bytes.writeInt16BE(batch.producerEpoch ?? -1, batchLayout.producerEpoch);
  bytes.writeInt32BE(batch.baseSequence ?? -1, batchLayout.baseSequence);
  bytes.writeInt32BE(records.length, batchLayout.recordCount);
  bytes.writeUInt32BE(crc32c(bytes.subarray(batchLayout.attributes)), batchLayout.crc);
  return bytes;
}

function attributes(batch: BatchToWrite): number {
  return (
    codecs.indexOf(batch.codec ?? 'none') |
    (batch.transactional === true ? attributeBits.transactional : 0) |
    (batch.control === true ? attributeBits.control : 0)
  );
}

function latest(records: readonly RecordToWrite[]): number {
  let timestamp = records[0]?.timestamp ?? 0;
  for (const record of records) if (record.timestamp > timestamp) timestamp = record.timestamp;
  return timestamp;
}

/** Bytes of one record without the length before it. */
function recordSize(record: RecordToWrite, i: number, baseTimestamp: number): number {
  let size = 1 + varintSize(record.timestamp - baseTimestamp) + varintSize(record.offsetDelta ?? i);
  size += fieldSize(record.key) + fieldSize(record.value) + varintSize(record.headers.length);
  for (const [name, value] of record.headers) {
    const nameBytes = Buffer.byteLength(name);
    size += varintSize(nameBytes) + nameBytes + fieldSize(value);
  }
  return size;
}

function fieldSize(value: Uint8Array | null): number {
  return value === null ? 1 : varintSize(value.length) + value.length;
}

function writeRecords(records: readonly RecordToWrite[], sizes: readonly number[], baseTimestamp: number): Buffer {
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + varintSize(size) + size, 0));
  let at = 0;
  records.forEach((record, i) => {
    at = writeVarint(bytes, at, sizes[i]!);
    bytes[at++] = 0; // attributes of a record: none are defined
    at = writeVarint(bytes, at, record.timestamp - baseTimestamp);
    at = writeVarint(bytes, at, record.offsetDelta ?? i);
    at = writeField(bytes, at, record.key);
    at = writeField(bytes, at, record.value);
    at = writeVarint(bytes, at, record.headers.length);
    for (const [name, value] of record.headers) {
      at = writeField(bytes, at, Buffer.from(name));
      at = writeField(bytes, at, value);
    }
  });
  return bytes;
}

function writeField(bytes: Buffer, at: number, value: Uint8Array | null): number {
  if (value === null) return writeVarint(bytes, at, -1);
  const start = writeVarint(bytes, at, value.length);
  bytes.set(value, start);
  return start + value.length;
}
