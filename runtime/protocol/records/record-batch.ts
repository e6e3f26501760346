/**
 * The records of one batch, found but not decoded: one walk notes where each field begins, and a key, value or header
 * becomes an object only when somebody asks for it. What is returned are views of the batch's bytes, not copies.
 *
 * The walk also checks every length, so that nothing throws later, in the middle of a handler.
 */
import type { RawHeader } from '../../core/thread-messages.ts';
import { ProtocolError } from '../reader.ts';
import { type BatchHeader, batchLayout } from './batch-header.ts';
import { decompress } from './compression.ts';
import { checkCrc } from './crc32c.ts';
import { VarintCursor } from './varint.ts';

// Eight numbers for each record. A length is -1 for null.
const stride = 8;
const place = { offsetDelta: 0, time: 1, key: 2, keyLength: 3, value: 4, valueLength: 5, headers: 6, end: 7 } as const;

/** Each takes at least this many bytes: length, attributes, two deltas, key, value, header count. */
const smallestRecord = 7;

const noBytes = Buffer.alloc(0);

export class RecordBatch {
  readonly header: BatchHeader;
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #places: Int32Array;
  /** One for all reads: none of them is interrupted. */
  readonly #cursor: VarintCursor;

  /** Use `decodeBatch`. @param bytes the records, decompressed @throws ProtocolError */
  constructor(header: BatchHeader, bytes: Buffer) {
    this.header = header;
    this.count = header.recordCount;
    this.#bytes = bytes;
    this.#places = findRecords(header, bytes);
    this.#cursor = new VarintCursor(bytes);
  }

  offsetAt(i: number): number {
    return this.header.baseOffset + this.#places[i * stride + place.offsetDelta]!;
  }

  /** Milliseconds since 1970. */
  timestampAt(i: number): number {
    if (this.header.timestampType === 'logAppend') return this.header.maxTimestamp;
    const cursor = this.#cursor;
    cursor.position = this.#places[i * stride + place.time]!;
    cursor.end = this.#places[i * stride + place.end]!;
    return this.header.baseTimestamp + cursor.int64();
  }

  keyAt(i: number): Buffer | null {
    const at = i * stride;
    return this.#view(this.#places[at + place.key]!, this.#places[at + place.keyLength]!);
  }

  valueAt(i: number): Buffer | null {
    const at = i * stride;
    return this.#view(this.#places[at + place.value]!, this.#places[at + place.valueLength]!);
  }

  /** The key's bytes as text, one character each: different keys give different texts, whatever their bytes are. */
  latin1KeyAt(i: number): string | null {
    const start = this.#places[i * stride + place.key]!;
    const length = this.#places[i * stride + place.keyLength]!;
    return length < 0 ? null : this.#bytes.toString('latin1', start, start + length);
  }

  /** In order, repeats kept. */
  headersAt(i: number): readonly RawHeader[] {
    const headers: RawHeader[] = [];
    const cursor = this.#headerCursor(i);
    for (let left = cursor.int32(); left > 0; left--) {
      const nameLength = cursor.int32();
      const name = cursor.skip(nameLength);
      const valueLength = cursor.int32();
      const value = valueLength < 0 ? 0 : cursor.skip(valueLength);
      headers.push([this.#bytes.toString('utf8', name, name + nameLength), this.#view(value, valueLength)]);
    }
    return headers;
  }

  /**
   * The first header of that name, found without making an object of any other.
   * @param name as UTF-8 bytes @returns undefined when there is none
   */
  headerAt(i: number, name: Uint8Array): Buffer | null | undefined {
    const bytes = this.#bytes;
    const cursor = this.#headerCursor(i);
    for (let left = cursor.int32(); left > 0; left--) {
      const nameLength = cursor.int32();
      const nameAt = cursor.skip(nameLength);
      const valueLength = cursor.int32();
      const valueAt = valueLength < 0 ? 0 : cursor.skip(valueLength);
      if (nameLength === name.length && sameBytes(bytes, nameAt, name)) return this.#view(valueAt, valueLength);
    }
    return undefined;
  }

  /**
   * Whether the first header of that name has these bytes; a missing one and one that is null count as empty. Asked for
   * every record, so lengths of one byte, which nearly all are, are read in place: `findRecords` has checked them.
   */
  headerEquals(i: number, name: Uint8Array, expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    let at = this.#places[i * stride + place.headers]!;
    const count = bytes[at++]!;
    if (count >= 0x80) return this.#headerEquals(i, name, expected);
    for (let left = count >>> 1; left > 0; left--) {
      const nameCode = bytes[at++]!;
      if (nameCode >= 0x80) return this.#headerEquals(i, name, expected);
      const nameAt = at;
      at += nameCode >>> 1;
      const valueCode = bytes[at++]!;
      if (valueCode >= 0x80) return this.#headerEquals(i, name, expected);
      const valueLength = (valueCode & 1) === 1 ? 0 : valueCode >>> 1; // odd codes are negative: null
      if (nameCode >>> 1 === name.length && sameBytes(bytes, nameAt, name)) {
        return valueLength === expected.length && sameBytes(bytes, at, expected);
      }
      at += valueLength;
    }
    return expected.length === 0;
  }

  #headerEquals(i: number, name: Uint8Array, expected: Uint8Array): boolean {
    const value = this.headerAt(i, name) ?? noBytes;
    return value.length === expected.length && sameBytes(value, 0, expected);
  }

  #headerCursor(i: number): VarintCursor {
    const cursor = this.#cursor;
    cursor.position = this.#places[i * stride + place.headers]!;
    cursor.end = this.#places[i * stride + place.end]!;
    return cursor;
  }

  #view(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.#bytes.subarray(start, start + length);
  }
}

/**
 * @param bytes a record set @param at first byte of the batch that `header` was read from
 * @param maxDecompressedBytes a batch that unpacks to more is refused
 * @throws ProtocolError for a wrong checksum, and for anything that does not decode
 */
export function decodeBatch(bytes: Buffer, at: number, header: BatchHeader, maxDecompressedBytes: number): RecordBatch {
  checkCrc(bytes, at, header);
  const packed = bytes.subarray(at + batchLayout.records, at + header.length);
  // Compaction may leave a header without records, to keep the producer's sequence; there is nothing to unpack then.
  if (header.recordCount === 0) return new RecordBatch(header, packed.subarray(0, 0));
  try {
    return new RecordBatch(header, decompress(header.codec, packed, maxDecompressedBytes));
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

function findRecords(header: BatchHeader, bytes: Buffer): Int32Array {
  // The count comes from the network: what cannot fit is refused before memory is taken for it.
  if (header.recordCount * smallestRecord > bytes.length) {
    throw new ProtocolError(`${header.recordCount} records claimed in ${bytes.length} bytes`);
  }
  const places = new Int32Array(header.recordCount * stride);
  const cursor = new VarintCursor(bytes);
  let previous = -1;
  for (let at = 0; at < places.length; at += stride) {
    cursor.end = bytes.length;
    const length = cursor.int32();
    const end = cursor.skip(length) + length;
    cursor.position = end - length;
    cursor.end = end;
    cursor.skip(1);
    places[at + place.time] = cursor.position;
    cursor.int64();
    const offsetDelta = cursor.int32();
    if (offsetDelta <= previous || offsetDelta > header.lastOffsetDelta) {
      throw new ProtocolError(
        `offset delta ${offsetDelta} after ${previous}, the last one is ${header.lastOffsetDelta}`,
      );
    }
    previous = offsetDelta;
    places[at + place.offsetDelta] = offsetDelta;
    const keyLength = cursor.int32();
    places[at + place.keyLength] = keyLength;
    places[at + place.key] = keyLength < 0 ? 0 : cursor.skip(keyLength);
    const valueLength = cursor.int32();
    places[at + place.valueLength] = valueLength;
    places[at + place.value] = valueLength < 0 ? 0 : cursor.skip(valueLength);
    places[at + place.headers] = cursor.position;
    walkHeaders(cursor);
    if (cursor.position !== end) throw new ProtocolError(`a record ends at ${cursor.position}, its length says ${end}`);
    places[at + place.end] = end;
  }
  if (cursor.position !== bytes.length) {
    throw new ProtocolError(`${bytes.length - cursor.position} bytes after the last record`);
  }
  return places;
}

function walkHeaders(cursor: VarintCursor): void {
  const count = cursor.int32();
  if (count < 0 || count > cursor.end - cursor.position) throw new ProtocolError(`${count} headers claimed`);
  for (let left = count; left > 0; left--) {
    cursor.skip(cursor.int32());
    const valueLength = cursor.int32();
    if (valueLength >= 0) cursor.skip(valueLength);
  }
}

function sameBytes(bytes: Buffer, at: number, other: Uint8Array): boolean {
  for (let i = 0; i < other.length; i++) if (bytes[at + i] !== other[i]) return false;
  return true;
}
