/**
 * Reads Kafka's primitive types from one frame, front to back. A read past the end throws `ProtocolError`, and so does
 * a length that cannot fit into what is left, before anything is allocated: frames come from the network.
 */

/** Bytes that do not follow the protocol. The connection they came from is of no further use. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export class Reader {
  readonly bytes: Buffer;
  position: number;

  /** @param bytes one frame, or a part of one; not copied @param position where reading starts */
  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  /** Moves `length` bytes on and returns where they began. */
  #take(length: number): number {
    const start = this.position;
    if (length < 0 || length > this.bytes.length - start) {
      throw new ProtocolError(`expected ${length} more bytes at ${start}, found ${this.bytes.length - start}`);
    }
    this.position = start + length;
    return start;
  }

  int8(): number {
    return this.bytes.readInt8(this.#take(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#take(2));
  }

  uint16(): number {
    return this.bytes.readUInt16BE(this.#take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#take(4));
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.#take(4));
  }

  /** A plain number: offsets, ids and times stay below 2^53 (style: offsets are numbers inside the engine). */
  int64(): number {
    const start = this.#take(8);
    return this.bytes.readInt32BE(start) * 2 ** 32 + this.bytes.readUInt32BE(start + 4);
  }

  float64(): number {
    return this.bytes.readDoubleBE(this.#take(8));
  }

  /** Unsigned LEB128 of at most 5 bytes (KIP-482). */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.bytes[this.#take(1)]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new ProtocolError(`a varint at ${this.position} is longer than 5 bytes`);
  }

  /** A view, not a copy. */
  raw(length: number): Buffer {
    const start = this.#take(length);
    return this.bytes.subarray(start, start + length);
  }

  utf8(length: number): string {
    const start = this.#take(length);
    return this.bytes.toString('utf8', start, start + length);
  }

  /** How many elements follow. Each takes at least one byte, so a count above what is left is a lie. */
  count(claimed: number): number {
    if (claimed > this.remaining) {
      throw new ProtocolError(`${claimed} elements claimed at ${this.position}, ${this.remaining} bytes left`);
    }
    return claimed;
  }
}
