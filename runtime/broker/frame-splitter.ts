/**
 * Cuts the bytes of a connection into frames: an int32 length, then so many bytes.
 *
 *   chunks   |····len|frame····|len|frame|len|fra|   →   frame, frame, (waiting for the rest)
 *
 * A frame inside one chunk is a view of it; one that spans chunks is gathered into a buffer of its own, allocated only
 * after its length was found to be within the limit.
 */
import { ProtocolError } from '../protocol/reader.ts';

const lengthBytes = 4;

export class FrameSplitter {
  readonly #maxBytes: number;
  readonly #onFrame: (frame: Buffer) => void;
  readonly #prefix = Buffer.alloc(lengthBytes);
  #prefixLength = 0;
  #frame: Buffer | null = null; // being gathered
  #frameLength = 0;

  constructor(maxBytes: number, onFrame: (frame: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#onFrame = onFrame;
  }

  /** @throws ProtocolError for a length that is negative or above the limit; the connection is then of no further use */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      at = this.#frame === null ? this.#readLength(chunk, at) : this.#gather(this.#frame, chunk, at);
    }
  }

  /** @returns where reading goes on */
  #readLength(chunk: Buffer, at: number): number {
    const taken = Math.min(lengthBytes - this.#prefixLength, chunk.length - at);
    chunk.copy(this.#prefix, this.#prefixLength, at, at + taken);
    this.#prefixLength += taken;
    if (this.#prefixLength < lengthBytes) return at + taken;
    this.#prefixLength = 0;
    const length = this.#prefix.readInt32BE(0);
    if (length < 0 || length > this.#maxBytes) {
      throw new ProtocolError(`expected a frame of 0 to ${this.#maxBytes} bytes, found a length of ${length}`);
    }
    const start = at + taken;
    if (chunk.length - start >= length) {
      this.#onFrame(chunk.subarray(start, start + length));
      return start + length;
    }
    this.#frame = Buffer.allocUnsafeSlow(length);
    this.#frameLength = 0;
    return start;
  }

  #gather(frame: Buffer, chunk: Buffer, at: number): number {
    const taken = Math.min(frame.length - this.#frameLength, chunk.length - at);
    chunk.copy(frame, this.#frameLength, at, at + taken);
    this.#frameLength += taken;
    if (this.#frameLength === frame.length) {
      this.#frame = null;
      this.#onFrame(frame);
    }
    return at + taken;
  }
}
