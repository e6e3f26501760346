/**
 * The varints of a record: zigzag over LEB128, up to 5 bytes (lengths, offset deltas) or 10 (timestamp deltas). Reading
 * moves a cursor along, so that the loop over a batch allocates nothing.
 */
import { ProtocolError } from '../reader.ts';

export class VarintCursor {
  readonly bytes: Uint8Array;
  position = 0;
  /** Reads stop here. */
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** @throws ProtocolError past the end, or after 5 bytes that all continue */
  int32(): number {
    const bytes = this.bytes;
    if (this.position >= this.end) throw pastEnd(this.end);
    let byte = bytes[this.position++]!;
    // Nearly all lengths and deltas take one byte or two.
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      if (this.position >= this.end) throw pastEnd(this.end);
      byte = bytes[this.position++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new ProtocolError(`a varint before byte ${this.position} is longer than 5 bytes`);
  }

  /** A number; exact up to 2^53. @throws ProtocolError past the end, or after 10 bytes that all continue */
  int64(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.position >= this.end) throw pastEnd(this.end);
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new ProtocolError(`a varint before byte ${this.position} is longer than 10 bytes`);
  }

  /** Moves over `length` bytes. @returns where they begin @throws ProtocolError when there are fewer */
  skip(length: number): number {
    const start = this.position;
    if (length < 0 || length > this.end - start) {
      throw new ProtocolError(`expected ${length} more bytes at ${start}, found ${this.end - start}`);
    }
    this.position = start + length;
    return start;
  }
}

/** Bytes that `writeVarint` takes. @param value a safe integer */
export function varintSize(value: number): number {
  let rest = zigzag(value);
  let size = 1;
  while (rest >= 0x80) {
    rest = Math.floor(rest / 0x80);
    size++;
  }
  return size;
}

/** @param value a safe integer @returns the position after it */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = zigzag(value);
  let position = at;
  while (rest >= 0x80) {
    bytes[position++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[position++] = rest;
  return position;
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function pastEnd(end: number): ProtocolError {
  return new ProtocolError(`expected a varint, found the end at byte ${end}`);
}
