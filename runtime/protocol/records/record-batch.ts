/**
 * The records of one batch, found but not decoded: `record-places.ts` notes where each begins, and a key, value or
 * header becomes an object only when somebody asks for it. What is returned are views of the batch's bytes, not copies.
 */
import type { RawHeader } from '../../core/thread-messages.ts';
import { ProtocolError } from '../reader.ts';
import { type BatchHeader, batchLayout } from './batch-header.ts';
import { decompress } from './compression.ts';
import { checkCrc } from './crc32c.ts';
import { findRecords, place, sameBytes, stride } from './record-places.ts';
import { VarintCursor } from './varint.ts';

const noBytes = Buffer.alloc(0);

export class RecordBatch {
  readonly header: BatchHeader;
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #places: Int32Array;
  /** One for all reads: none of them is interrupted. */
  readonly #cursor: VarintCursor;

  /** Use `decodeBatch`. @param bytes the records, decompressed @throws ProtocolError */
  constructor(header: BatchHeader, bytes: Buffer, noted: Uint8Array) {
    this.header = header;
    this.count = header.recordCount;
    this.#bytes = bytes;
    this.#places = findRecords(header, bytes, noted);
    this.#cursor = new VarintCursor(bytes);
  }

  offsetAt(i: number): number {
    return this.header.baseOffset + this.#places[i * stride + place.offsetDelta]!;
  }

  /** Milliseconds since 1970. */
  timestampAt(i: number): number {
    if (this.header.timestampType === 'logAppend') return this.header.maxTimestamp;
    return this.header.baseTimestamp + this.#cursorAt(i, place.time).int64();
  }

  keyAt(i: number): Buffer | null {
    return this.#read(this.#cursorAt(i, place.key));
  }

  valueAt(i: number): Buffer | null {
    const cursor = this.#cursorAt(i, place.key);
    const keyLength = cursor.int32();
    if (keyLength > 0) cursor.skip(keyLength);
    return this.#read(cursor);
  }

  /** The key's bytes as text, one character each: different keys give different texts, whatever their bytes are. */
  latin1KeyAt(i: number): string | null {
    const cursor = this.#cursorAt(i, place.key);
    const length = cursor.int32();
    return length < 0 ? null : this.#bytes.toString('latin1', cursor.position, cursor.position + length);
  }

  /** In order, repeats kept. */
  headersAt(i: number): readonly RawHeader[] {
    const headers: RawHeader[] = [];
    const cursor = this.#cursorAt(i, place.headers);
    for (let left = cursor.int32(); left > 0; left--) {
      const nameLength = cursor.int32();
      const name = cursor.skip(nameLength);
      headers.push([this.#bytes.toString('utf8', name, name + nameLength), this.#read(cursor)]);
    }
    return headers;
  }

  /**
   * The first header of that name, found without making an object of any other.
   * @param name as UTF-8 bytes @returns undefined when there is none
   */
  headerAt(i: number, name: Uint8Array): Buffer | null | undefined {
    const cursor = this.#cursorAt(i, place.headers);
    for (let left = cursor.int32(); left > 0; left--) {
      const nameLength = cursor.int32();
      const nameAt = cursor.skip(nameLength);
      if (nameLength === name.length && sameBytes(this.#bytes, nameAt, name)) return this.#read(cursor);
      const valueLength = cursor.int32();
      if (valueLength > 0) cursor.skip(valueLength);
    }
    return undefined;
  }

  /** The first header of the noted name; one that is missing or null is empty. */
  notedAt(i: number): Buffer {
    if (this.#places[i * stride + place.noted]! < 0) return noBytes;
    return this.#read(this.#cursorAt(i, place.noted)) ?? noBytes;
  }

  /** Whether `notedAt` has these bytes. Asked for every record, so a length of one byte is read in place. */
  notedEquals(i: number, expected: Uint8Array): boolean {
    const at = this.#places[i * stride + place.noted]!;
    if (at < 0) return expected.length === 0;
    const code = this.#bytes[at]!;
    if (code >= 0x80) return this.notedAt(i).equals(expected);
    const length = (code & 1) === 1 ? 0 : code >>> 1; // odd codes are negative: null
    return length === expected.length && sameBytes(this.#bytes, at + 1, expected);
  }

  #cursorAt(i: number, field: number): VarintCursor {
    const cursor = this.#cursor;
    cursor.position = this.#places[i * stride + field]!;
    return cursor;
  }

  /** A length and as many bytes. */
  #read(cursor: VarintCursor): Buffer | null {
    const length = cursor.int32();
    return length < 0 ? null : this.#bytes.subarray(cursor.position, cursor.skip(length) + length);
  }
}

/**
 * @param bytes a record set @param at first byte of the batch that `header` was read from
 * @param maxDecompressedBytes a batch that unpacks to more is refused
 * @param noted name of a header that will be asked for with every record
 * @throws ProtocolError for a wrong checksum, and for anything that does not decode
 */
export function decodeBatch(
  bytes: Buffer,
  at: number,
  header: BatchHeader,
  maxDecompressedBytes: number,
  noted: Uint8Array = noBytes,
): RecordBatch {
  checkCrc(bytes, at, header);
  const packed = bytes.subarray(at + batchLayout.records, at + header.length);
  // Compaction may leave a header without records, to keep the producer's sequence; there is nothing to unpack then.
  if (header.recordCount === 0) return new RecordBatch(header, packed.subarray(0, 0), noted);
  try {
    return new RecordBatch(header, decompress(header.codec, packed, maxDecompressedBytes), noted);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new ProtocolError(`batch at offset ${header.baseOffset}: ${error.message}`, { cause: error });
  }
}

/** What a control batch says; other types (raft) mean nothing to a consumer. @param key of its only record */
export function controlType(key: Uint8Array | null): 'abort' | 'commit' | 'other' {
  if (key === null || key.length < 4) return 'other';
  const type = (key[2]! << 8) | key[3]!;
  return type === 0 ? 'abort' : type === 1 ? 'commit' : 'other';
}
