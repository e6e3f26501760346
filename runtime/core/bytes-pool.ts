/**
 * Memory of record sets, used again. One pool serves all groups of a process, so what is kept has one limit.
 *
 *   take ──▶ copied into ──▶ transferred to a thread ──▶ transferred back with the answer ──▶ give ──▶ take …
 *
 * A transfer empties every view that its sender has: whoever still holds an event sees that its bytes are gone, never
 * those of another record. So memory that came back belongs to nobody, and only such memory may be given.
 *
 * Fresh memory for every set sends the garbage collector through the whole heap every few sets: no-op handlers took
 * 0.96 CPU s per million records with it and 0.66 without (100 B, 4 million records, `npm run bench:noop`).
 */

/** Capacities go in steps of this. Smaller sets take memory of exactly their size, which is not worth keeping. */
const stepBytes = 64 * 1024;
/** Record sets are cut at this size; a single larger batch is rare, and its memory would be kept for ever. */
const largestBytes = 1024 * 1024;
/** What one group has in flight at most, as `buffer.maxBytes` is by default; with half of it a tenth is not kept. */
export const keptBytesMax = 32 * 1024 * 1024;
/** Memory may be that much larger than what it is taken for. */
const oversizeMax = 2;

export class BytesPool {
  /** By capacity in steps. */
  readonly #free: ArrayBuffer[][] = Array.from({ length: largestBytes / stepBytes + 1 }, () => []);
  #keptBytes = 0;

  /** @returns memory of `byteLength` bytes or more, with whatever was in it */
  take(byteLength: number): ArrayBuffer {
    if (byteLength < stepBytes || byteLength > largestBytes) return fresh(byteLength);
    const steps = Math.ceil(byteLength / stepBytes);
    const most = Math.min(oversizeMax * steps, this.#free.length - 1);
    for (let capacity = steps; capacity <= most; capacity++) {
      const bytes = this.#free[capacity]!.pop();
      if (bytes === undefined) continue;
      this.#keptBytes -= bytes.byteLength;
      return bytes;
    }
    return fresh(steps * stepBytes);
  }

  /** @param bytes that nobody has a view of */
  give(bytes: ArrayBuffer): void {
    const { byteLength } = bytes;
    if (byteLength < stepBytes || byteLength > largestBytes || byteLength % stepBytes !== 0) return;
    if (this.#keptBytes + byteLength > keptBytesMax) return;
    this.#keptBytes += byteLength;
    this.#free[byteLength / stepBytes]!.push(bytes);
  }
}

/** Not filled with zeros: all of it that anybody looks at is written first. */
function fresh(byteLength: number): ArrayBuffer {
  if (byteLength === 0) return new ArrayBuffer(0);
  return Buffer.allocUnsafeSlow(byteLength).buffer as ArrayBuffer;
}
