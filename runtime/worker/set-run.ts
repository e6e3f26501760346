/**
 * One record set while this thread works on it. The walk goes through it once, front to back, and decodes a batch when
 * it comes to it; records may finish in any order.
 *
 *   deltas     0    1    2    3    4    5        nextDelta = 4: everything below was met, or is a gap and finished
 *   records    a    b    ·    c    d    e        (2: removed by compaction)
 *
 * `released` ends it: all is finished and the bytes went back, or its epoch is over. Nothing touches progress after it.
 */
import { Progress } from '../core/progress.ts';
import type { RecordsTask, SetDone } from '../core/thread-messages.ts';
import { ProtocolError } from '../protocol/reader.ts';
import { readBatchHeader } from '../protocol/records/batch-header.ts';
import { decodeBatch, type RecordBatch } from '../protocol/records/record-batch.ts';

/** Waits for what becomes of its dead letter. */
export interface Reported {
  settle(): void;
}

export interface FoundRecord {
  readonly batch: RecordBatch;
  readonly index: number;
}

export class SetRun {
  readonly id: number;
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly progress: Progress;
  released = false;
  /** The bytes went back to the main thread, and with them what events point at. */
  emptied = false;
  /** Progress that the main thread cannot see yet. */
  unpublished = false;
  /** Some of its records were finished before it came here. */
  hasFinished = false;
  /** Calls under way that may look at the bytes. */
  callsRunning = 0;
  /** Records that were met and could not be finished in one go. */
  deliveries = 0;
  /** Those that wait for their dead letter, by offset. */
  readonly reported = new Map<number, Reported>();
  /** The walk met bytes that do not decode: what is running may finish, and then the set is given back as stale. */
  corrupt = false;
  /** True while `batch`, `index`, `offset` and `delta` name a record that nobody has taken yet. */
  atRecord = false;
  index = 0;
  offset = 0;
  delta = 0;
  readonly #maxDecompressedBytes: number;
  readonly #typeHeader: Buffer;
  readonly #reply: (done: SetDone) => void;
  readonly #arrayBuffer: ArrayBuffer;
  readonly #bytes: Buffer;
  #batch: RecordBatch | null = null;
  #nextBatchAt = 0;
  #nextDelta = 0;

  /** @param typeHeader name of the header that every record is asked for */
  constructor(task: RecordsTask, maxDecompressedBytes: number, typeHeader: Buffer, reply: (done: SetDone) => void) {
    this.id = task.id;
    this.topic = task.topic;
    this.partition = task.partition;
    this.firstOffset = task.firstOffset;
    this.lastOffset = task.lastOffset;
    this.progress = new Progress(task.progress, task.lastOffset - task.firstOffset + 1);
    this.#maxDecompressedBytes = maxDecompressedBytes;
    this.#typeHeader = typeHeader;
    this.#reply = reply;
    this.#arrayBuffer = task.bytes;
    this.#bytes = Buffer.from(task.bytes, 0, task.byteLength);
  }

  /** The batch of the record that the walk is at. */
  get batch(): RecordBatch {
    return this.#batch!;
  }

  /** First offset that the walk has not passed. */
  get position(): number {
    return this.firstOffset + this.#nextDelta;
  }

  /**
   * Moves on to the next record and finishes the gap before it.
   * @returns false at the end @throws ProtocolError for bytes that do not decode; `position` tells where
   */
  advance(): boolean {
    do {
      const batch = this.#batch;
      while (batch !== null && ++this.index < batch.count) {
        this.offset = batch.offsetAt(this.index);
        this.delta = this.offset - this.firstOffset;
        // The first batch may begin before the set does.
        if (this.delta < this.#nextDelta || this.offset > this.lastOffset) continue;
        if (this.delta > this.#nextDelta) this.progress.finishRange(this.#nextDelta, this.delta);
        this.#nextDelta = this.delta + 1;
        this.atRecord = true;
        return true;
      }
    } while (this.#nextBatch());
    this.progress.finishRange(this.#nextDelta, this.progress.deltas);
    this.#nextDelta = this.progress.deltas;
    return false;
  }

  #nextBatch(): boolean {
    this.#batch = null;
    this.index = -1;
    while (this.#nextBatchAt < this.#bytes.length) {
      const at = this.#nextBatchAt;
      const header = readBatchHeader(this.#bytes, at);
      if (header === null) throw new ProtocolError(`the record set ends inside a batch, at byte ${at}`);
      this.#nextBatchAt = at + header.length;
      if (header.control || header.lastOffset < this.firstOffset) continue;
      this.#batch = decodeBatch(this.#bytes, at, header, this.#maxDecompressedBytes, this.#typeHeader);
      return true;
    }
    return false;
  }

  /** Looks a record up without moving the walk. @returns null when the set does not hold it, or not readably */
  find(offset: number): FoundRecord | null {
    try {
      for (let at = 0; at < this.#bytes.length; ) {
        const header = readBatchHeader(this.#bytes, at);
        if (header === null) return null;
        if (header.baseOffset <= offset && offset <= header.lastOffset && !header.control) {
          const batch = decodeBatch(this.#bytes, at, header, this.#maxDecompressedBytes, this.#typeHeader);
          for (let index = 0; index < batch.count; index++)
            if (batch.offsetAt(index) === offset) return { batch, index };
        }
        at += header.length;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // The walk will come to the same bytes and report them.
    }
    return null;
  }

  /** All is finished: the bytes go back. Views of them are empty from then on. */
  done(): void {
    this.progress.publish();
    this.#release({ kind: 'done', bytes: this.#arrayBuffer });
  }

  /** The epoch is over. A call that ignores its signal may still look at the bytes, so they stay with it. */
  stale(): void {
    // What has finished since the last pass counts for the last commit.
    if (!this.released) this.progress.publish();
    this.#release({ kind: 'stale', bytes: this.callsRunning === 0 ? this.#arrayBuffer : null });
  }

  #release(answer: SetDone): void {
    if (this.released) return;
    this.released = true;
    this.emptied = answer.bytes !== null;
    this.atRecord = false;
    this.#batch = null;
    this.#reply(answer);
  }
}
