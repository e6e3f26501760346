/**
 * Puts response frames together from what the network brings, and refuses one that is too long before any of it is
 * kept: no client library limits the length that a broker (or something that is no broker) announces.
 *
 *   chunk       ….|.........|....|.....
 *   frame     len | body    |len | body …      memory is taken once per frame, when its length is known
 *
 * A frame too short for its correlation id is refused as well, since libraries read the id without looking.
 * Each chunk is copied at once, so the same memory can be used for the next one.
 *
 * Fresh memory for every Fetch answer would make the garbage collector run through the whole heap every few answers,
 * a fifth of the main thread's time. So whoever is done with the last frame gives its memory back for the next one.
 */
const minBytes = 4; // the correlation id
/** Smaller frames cost nothing worth keeping memory for. */
const recycledBytesMin = 64 * 1024;
/** Memory that many times too large is not taken for a frame. */
const oversizeMax = 8;
/**
 * After so many frames in a row it is let go: a backlog's megabytes are not held while there is little to fetch. Not
 * after one, since large answers and empty ones take turns where full partitions are left out of a fetch.
 */
const unusedMax = 16;

export class FrameAssembler {
  readonly #maxBytes: number;
  readonly #deliver: (frame: Buffer) => void;
  readonly #length = Buffer.alloc(4);
  #lengthBytes = 0;
  /** The frame with its length in front; null while the length is read. */
  #frame: Buffer | null = null;
  #filled = 0;
  /** The memory of the last large frame, which somebody may still look at. */
  #last: Buffer | null = null;
  /** The same, once nobody does. */
  #spare: Buffer | null = null;
  /** Frames in a row that were too small for it. */
  #unused = 0;

  /** @param deliver gets each whole frame, its length included; it may keep it until it calls `recycle` */
  constructor(maxBytes: number, deliver: (frame: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#deliver = deliver;
  }

  /** @returns the announced length that is over the limit (or under 4), null while all is well */
  push(chunk: Uint8Array): number | null {
    for (let at = 0; at < chunk.length; ) {
      if (this.#frame === null) {
        this.#length[this.#lengthBytes++] = chunk[at++]!;
        if (this.#lengthBytes < 4) continue;
        const length = this.#length.readInt32BE(0);
        if (length < minBytes || length > this.#maxBytes) return length;
        this.#begin(length);
      }
      const frame = this.#frame!;
      const end = Math.min(chunk.length, at + frame.length - this.#filled);
      frame.set(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end), this.#filled);
      this.#filled += end - at;
      at = end;
      if (this.#filled === frame.length) {
        this.#frame = null;
        this.#deliver(frame);
      }
    }
    return null;
  }

  /** The last frame is not looked at any more: the next one may take its memory. */
  recycle(): void {
    const last = this.#last;
    this.#last = null;
    if (last !== null && last.length >= (this.#spare?.length ?? 0)) this.#spare = last;
  }

  #begin(length: number): void {
    this.#frame = this.#memory(4 + length);
    this.#length.copy(this.#frame);
    this.#filled = 4;
    this.#lengthBytes = 0;
  }

  #memory(bytes: number): Buffer {
    const spare = this.#spare;
    if (spare !== null && bytes <= spare.length && bytes * oversizeMax >= spare.length) {
      this.#spare = null;
      this.#unused = 0;
      this.#last = spare;
      return spare.subarray(0, bytes);
    }
    if (spare !== null && (bytes > spare.length || ++this.#unused === unusedMax)) {
      this.#spare = null;
      this.#unused = 0;
    }
    const memory = Buffer.allocUnsafe(bytes);
    this.#last = bytes < recycledBytesMin ? null : memory;
    return memory;
  }
}
