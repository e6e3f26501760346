/**
 * Finds how far one partition may be committed while its records finish in any order.
 *
 *   record set    [10 · · · 14]      [15 · · 18]      [25 · · 29]      (19 to 24 were compacted away)
 *   finished        ✓ ✓ · ✓ ✓           ✓ ✓ ✓ ✓          ✓ · · · ·
 *                       ▲
 *                  checkpoint = 12; finished beyond it: 13 to 18 and 25
 *
 * The checkpoint is the lowest offset that is not finished. Everything below it is done, so it is also the number that
 * Kafka stores ("next offset to read"). It never moves backwards. A set is followed until it and all sets before it are
 * finished; then its progress memory is given back. When nothing is left it stands one past the last offset seen.
 */
import type { Progress } from '../core/progress.ts';
import type { RecordSet } from '../core/record-set.ts';

/** What a checkpoint needs of a record set. */
export type TrackedSet = Pick<RecordSet, 'firstOffset' | 'lastOffset' | 'progress'>;

export class Checkpoint {
  /** In hand-over order, which is ascending; none of them is known to be finished together with all before it. */
  #sets: TrackedSet[] = [];
  #position: number;
  /** Finished before the partition was opened again and not seen in any set since; ascending. */
  #finishedBefore: readonly number[];
  readonly #release: (progress: Progress) => void;

  /**
   * @param position next offset to be read
   * @param release gets the memory of a set that needs no following any more
   * @param finishedBefore offsets at or beyond `position` that are done already
   */
  constructor(position: number, release: (progress: Progress) => void, finishedBefore: readonly number[] = []) {
    this.#position = position;
    this.#release = release;
    this.#finishedBefore = finishedBefore;
  }

  track(set: TrackedSet): void {
    this.#sets.push(set);
  }

  /** Looks at the shared memory now. @returns the lowest unfinished offset */
  read(): number {
    let finishedSets = 0;
    for (const set of this.#sets) {
      const prefix = set.progress.readPrefix();
      if (prefix < set.progress.deltas) {
        this.#raise(set.firstOffset + prefix);
        break;
      }
      this.#raise(set.lastOffset + 1);
      this.#release(set.progress);
      finishedSets++;
    }
    if (finishedSets > 0) this.#sets = this.#sets.slice(finishedSets);
    if (this.#sets.length === 0) this.#passFinishedBefore();
    return this.#position;
  }

  /** Offsets at or beyond the checkpoint that are finished, ascending: what must not run again after a thread died. */
  finishedBeyond(): readonly number[] {
    const checkpoint = this.read();
    const offsets = new Set<number>();
    for (const set of this.#sets) {
      for (let delta = Math.max(0, checkpoint - set.firstOffset); delta < set.progress.deltas; delta++) {
        if (set.progress.isFinished(delta)) offsets.add(set.firstOffset + delta);
      }
    }
    for (const offset of this.#finishedBefore) if (offset >= checkpoint) offsets.add(offset);
    return [...offsets].sort((a, b) => a - b);
  }

  /** Stops following: gives all memory back. */
  close(): void {
    for (const set of this.#sets) this.#release(set.progress);
    this.#sets = [];
  }

  /** What was done before the partition was read again need not be read again to count. */
  #passFinishedBefore(): void {
    if (this.#finishedBefore.length === 0) return;
    for (const offset of this.#finishedBefore) if (offset === this.#position) this.#position++;
    this.#finishedBefore = this.#finishedBefore.filter((offset) => offset > this.#position);
  }

  #raise(offset: number): void {
    this.#position = Math.max(this.#position, offset);
  }
}
