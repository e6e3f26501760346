/**
 * The record sets of one partition that a thread has, in the order of hand-over, and how much of them is left.
 *
 *   set          A          B          C
 *   thread       answered   working    answered
 *                           ▲
 *                           lowest unfinished: A is forgotten, C counts as finished beyond the checkpoint
 *
 * Progress is read from shared memory while a set is worked on. Once the thread has answered, that memory serves other
 * sets, so from then on the set counts as finished and its memory is not looked at again.
 */
import type { RecordSet } from '../core/record-set.ts';
import type { Opening } from '../core/thread-messages.ts';

interface InFlightSet {
  readonly set: RecordSet;
  answered: boolean;
}

export type Suspect = Pick<Opening['suspects'][number], 'offset'> & {
  /** It was on the stack: no other record of its thread can have killed it. */
  readonly running: boolean;
};

export class InFlight {
  #sets: InFlightSet[] = [];

  add(set: RecordSet): void {
    this.#sets.push({ set, answered: false });
  }

  /** The thread has answered: the set is finished. */
  answered(id: number): void {
    for (const entry of this.#sets) if (entry.set.id === id) entry.answered = true;
    const working = this.#sets.findIndex((entry) => !entry.answered);
    this.#sets.splice(0, working === -1 ? this.#sets.length : working);
  }

  get empty(): boolean {
    return this.#sets.length === 0;
  }

  /** Records that are not finished. With gaps in the offsets it may count too many, never too few. */
  get unfinished(): number {
    let records = 0;
    for (const { set } of this.#working()) {
      records += Math.min(set.recordCount, set.progress.deltas - set.progress.readFinishedCount());
    }
    return records;
  }

  /** Offsets finished beyond the lowest unfinished one: what would run again if it were all read anew. */
  get uncommitted(): number {
    const first = this.#sets[0];
    if (first === undefined) return 0;
    // All that is finished, less what is below the lowest unfinished one: the first set is not answered.
    let offsets = -first.set.progress.readPrefix();
    for (const { set, answered } of this.#sets) {
      offsets += answered ? set.progress.deltas : set.progress.readFinishedCount();
    }
    return Math.max(0, offsets);
  }

  /** Everything below it is finished; `Infinity` when nothing is in flight. */
  get lowestUnfinished(): number {
    for (const { set } of this.#working()) return set.firstOffset + set.progress.readPrefix();
    return Number.POSITIVE_INFINITY;
  }

  /** Whether the record is done with; one that was not handed over yet is not. */
  isFinished(offset: number): boolean {
    for (const { set, answered } of this.#sets) {
      if (offset < set.firstOffset) return true; // below what is in flight
      if (offset <= set.lastOffset) return answered || set.progress.isFinished(offset - set.firstOffset);
    }
    return false;
  }

  /** Records whose handler was called and has not finished. */
  suspects(): readonly Suspect[] {
    const suspects: Suspect[] = [];
    for (const { set } of this.#working()) {
      const { progress, firstOffset } = set;
      const running = progress.readRunning();
      for (let delta = progress.readPrefix(); delta < progress.deltas; delta++) {
        if (!progress.isStarted(delta) || progress.isFinished(delta)) continue;
        suspects.push({ offset: firstOffset + delta, running: delta === running });
      }
    }
    return suspects;
  }

  /**
   * True when only records are left that were never started or are held: nothing runs here, and nothing will.
   * A thread between two records looks the same for a moment, so ask twice.
   * @param held offsets that wait for an operator
   */
  waitsFor(held: ReadonlySet<number>): boolean {
    return this.suspects().every(({ offset }) => held.has(offset));
  }

  *#working(): Generator<InFlightSet> {
    for (const entry of this.#sets) if (!entry.answered) yield entry;
  }
}
