/**
 * The header of a record batch, format v2 (magic 2, Kafka 0.11 and newer): the only part that the main thread reads.
 *
 *    0  base offset             int64     21  attributes          int16
 *    8  length after byte 12    int32     23  last offset delta   int32
 *   12  partition leader epoch  int32     27  base timestamp      int64
 *   16  magic                   int8      35  max timestamp       int64
 *   17  CRC32C from byte 21 on  uint32    43  producer id         int64
 *                                         51  producer epoch      int16
 *                                         53  base sequence       int32
 *                                         57  record count        int32
 *                                         61  records, compressed as a whole when a codec is set
 */
import type { Compression } from '../../core/settings.ts';
import { ProtocolError } from '../reader.ts';

/** Where each field begins, from the first byte of the batch. */
export const batchLayout = {
  baseOffset: 0,
  length: 8,
  partitionLeaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** The length field does not count itself and the base offset before it. */
export const lengthOverhead = 12;

/** Bits of the attributes. */
export const attributeBits = {
  codec: 0b111,
  logAppendTime: 0b1000,
  transactional: 0b1_0000,
  control: 0b10_0000,
} as const;

/** Codecs by the number that the attributes carry. */
export const codecs: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/**
 * Offsets that one batch may span. The main thread takes memory for them before anybody looks at the checksum, so a
 * header with a broken bit must not ask for a gigabyte. No batch has more records: a record takes at least 7 bytes, and
 * a response or an unpacked batch is some 100 MiB at most.
 */
const offsetsMax = 2 ** 24;

export class BatchHeader {
  readonly baseOffset: number;
  /** All bytes of the batch, this header included. */
  readonly length: number;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  /** Milliseconds since 1970. */
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  /** -1 without an idempotent producer; so are the epoch and the sequence. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;

  /** Use `readBatchHeader`, which looks first whether there are enough bytes. */
  constructor(bytes: Buffer, at: number) {
    this.baseOffset = readInt64(bytes, at + batchLayout.baseOffset);
    this.length = bytes.readInt32BE(at + batchLayout.length) + lengthOverhead;
    this.partitionLeaderEpoch = bytes.readInt32BE(at + batchLayout.partitionLeaderEpoch);
    this.magic = bytes.readInt8(at + batchLayout.magic);
    this.crc = bytes.readUInt32BE(at + batchLayout.crc);
    this.attributes = bytes.readInt16BE(at + batchLayout.attributes);
    this.lastOffsetDelta = bytes.readInt32BE(at + batchLayout.lastOffsetDelta);
    this.baseTimestamp = readInt64(bytes, at + batchLayout.baseTimestamp);
    this.maxTimestamp = readInt64(bytes, at + batchLayout.maxTimestamp);
    this.producerId = readInt64(bytes, at + batchLayout.producerId);
    this.producerEpoch = bytes.readInt16BE(at + batchLayout.producerEpoch);
    this.baseSequence = bytes.readInt32BE(at + batchLayout.baseSequence);
    this.recordCount = bytes.readInt32BE(at + batchLayout.recordCount);
  }

  /** Inclusive. Compaction may have removed the record itself; the position moves past it all the same. */
  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta;
  }

  /** @throws ProtocolError for a number that no codec has */
  get codec(): Compression {
    const codec = codecs[this.attributes & attributeBits.codec];
    if (codec === undefined) {
      throw new ProtocolError(
        `compression codec ${this.attributes & attributeBits.codec} at offset ${this.baseOffset}`,
      );
    }
    return codec;
  }

  get transactional(): boolean {
    return (this.attributes & attributeBits.transactional) !== 0;
  }

  /** Holds a transaction marker instead of records. */
  get control(): boolean {
    return (this.attributes & attributeBits.control) !== 0;
  }

  /** `logAppend`: every record carries `maxTimestamp`. */
  get timestampType(): 'create' | 'logAppend' {
    return (this.attributes & attributeBits.logAppendTime) !== 0 ? 'logAppend' : 'create';
  }
}

/**
 * @param bytes a record set, or any part of one @param at first byte of the batch
 * @returns null when the batch is cut: brokers fill a response to the byte
 * @throws ProtocolError when these bytes are no batch of format v2
 */
export function readBatchHeader(bytes: Buffer, at: number): BatchHeader | null {
  if (bytes.length - at < lengthOverhead) return null;
  const length = bytes.readInt32BE(at + batchLayout.length);
  // The magic byte has the same place in every format, and the older formats may be shorter than our header.
  const magicAt = at + batchLayout.magic;
  if (magicAt < bytes.length && bytes.readInt8(magicAt) !== 2) {
    throw new ProtocolError(`record format ${bytes.readInt8(magicAt)} at byte ${at}, expected 2 (Kafka 0.11 or newer)`);
  }
  if (length < batchLayout.records - lengthOverhead) {
    throw new ProtocolError(`a record batch of ${length} bytes at byte ${at}, expected at least 49`);
  }
  if (length + lengthOverhead > bytes.length - at) return null;
  const header = new BatchHeader(bytes, at);
  if (!Number.isSafeInteger(header.baseOffset) || header.baseOffset < 0) {
    throw new ProtocolError(`base offset ${header.baseOffset} at byte ${at}`);
  }
  if (header.lastOffsetDelta < 0 || header.lastOffsetDelta >= offsetsMax || header.recordCount < 0) {
    throw new ProtocolError(
      `batch at offset ${header.baseOffset}: last offset delta ${header.lastOffsetDelta}, ${header.recordCount} records`,
    );
  }
  return header;
}

/** Without a BigInt: the high half keeps the sign. */
function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4);
}
