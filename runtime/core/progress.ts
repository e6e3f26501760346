/**
 * How far one record set is done, in memory that the handler thread and the main thread share. Commits need no
 * messages, and what was finished is still known after the thread has died.
 *
 *   Int32[0]  prefix     every delta below it is finished
 *   Int32[1]  running    delta of the last call that went onto the stack; -1 once it has left it unfinished
 *   Int32[2]  finished   how many deltas are finished
 *   then two bitmaps over the deltas: started, finished
 *
 * A delta is an offset minus the first offset of the record set. One thread writes, the main thread reads. Stores into
 * the bitmaps are plain; `publish()` makes them visible with one atomic store of the prefix, so a reader that has seen
 * a prefix has seen all bits below it.
 */

const headerWords = 3;
const prefixWord = 0;
const runningWord = 1;
const finishedWord = 2;

/** Bytes of shared memory for a record set of `deltas` offsets. */
export function progressBytes(deltas: number): number {
  return 4 * (headerWords + 2 * Math.ceil(deltas / 32));
}

export class Progress {
  readonly memory: SharedArrayBuffer;
  readonly deltas: number;
  readonly #words: Int32Array;
  readonly #started: number;
  readonly #finished: number;
  #prefix = 0;
  #finishedCount = 0;

  /** @param memory at least `progressBytes(deltas)` bytes @param deltas offsets from the first to the last of the set */
  constructor(memory: SharedArrayBuffer, deltas: number) {
    this.memory = memory;
    this.deltas = deltas;
    this.#words = new Int32Array(memory);
    this.#started = headerWords;
    this.#finished = headerWords + Math.ceil(deltas / 32);
  }

  /** Memory comes from a pool: the main thread clears it before the set is handed over. */
  reset(): void {
    this.#words.fill(0);
    this.#words[runningWord] = -1;
  }

  // Written by the thread.

  start(delta: number): void {
    this.#words[this.#started + (delta >>> 5)]! |= 1 << (delta & 31);
  }

  /**
   * Marks a synchronous call: the thread may never come back from it. A plain store, since it is read when the thread
   * is gone; an atomic one took 12 ns of each record.
   */
  enter(delta: number): void {
    this.#words[runningWord] = delta;
  }

  /** The call has returned and its record is not finished: what happens from now on is not its doing. */
  leave(): void {
    this.#words[runningWord] = -1;
  }

  /** @returns false when it was finished before, so that nothing counts twice */
  finish(delta: number): boolean {
    const word = this.#finished + (delta >>> 5);
    const bit = 1 << (delta & 31);
    if ((this.#words[word]! & bit) !== 0) return false;
    this.#words[word]! |= bit;
    this.#finishedCount++;
    if (delta === this.#prefix) this.#advance();
    return true;
  }

  /** Finishes every delta from `from` up to, not including, `to`: gaps, filtered and foreign records. */
  finishRange(from: number, to: number): void {
    for (let delta = from; delta < to; delta++) this.finish(delta);
  }

  get done(): boolean {
    return this.#prefix === this.deltas;
  }

  /** Makes what was finished visible to the main thread. */
  publish(): void {
    this.#words[finishedWord] = this.#finishedCount;
    Atomics.store(this.#words, prefixWord, this.#prefix);
  }

  #advance(): void {
    let prefix = this.#prefix + 1;
    while (prefix < this.deltas) {
      const word = this.#words[this.#finished + (prefix >>> 5)]!;
      if ((prefix & 31) === 0 && word === -1) prefix += 32;
      else if ((word & (1 << (prefix & 31))) !== 0) prefix++;
      else break;
    }
    this.#prefix = Math.min(prefix, this.deltas);
  }

  // Read by the main thread.

  readPrefix(): number {
    return Atomics.load(this.#words, prefixWord);
  }

  readFinishedCount(): number {
    return Atomics.load(this.#words, finishedWord);
  }

  /** Delta of the synchronous call on the stack. When there is none: -1, or one that is finished. */
  readRunning(): number {
    return Atomics.load(this.#words, runningWord);
  }

  isFinished(delta: number): boolean {
    return this.#bit(this.#finished, delta);
  }

  isStarted(delta: number): boolean {
    return this.#bit(this.#started, delta);
  }

  #bit(bitmap: number, delta: number): boolean {
    return (Atomics.load(this.#words, bitmap + (delta >>> 5)) & (1 << (delta & 31))) !== 0;
  }
}

/** Shared memory by size class, reused: a fresh allocation costs more than the copy it serves (`hot-path-notes`). */
export class ProgressPool {
  readonly #free = new Map<number, SharedArrayBuffer[]>();

  take(deltas: number): Progress {
    const size = sizeClass(progressBytes(deltas));
    const memory = this.#free.get(size)?.pop() ?? new SharedArrayBuffer(size);
    const progress = new Progress(memory, deltas);
    progress.reset();
    return progress;
  }

  /** Only when no thread can write any more: the set is finished, or its thread is gone. */
  give(progress: Progress): void {
    const size = progress.memory.byteLength;
    if (size > pooledBytesMax) return;
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [progress.memory]);
    else if (free.length < freeMax) free.push(progress.memory);
  }
}

/** Of record sets up to 65,536 offsets. A single larger batch is rare, and its memory would be kept for ever. */
const pooledBytesMax = 32 * 1024;
const freeMax = 64; // per size class; more than the record sets that one group has in flight

function sizeClass(bytes: number): number {
  return Math.max(256, 2 ** Math.ceil(Math.log2(bytes)));
}
