/**
 * What is known of a partition that is opened again after its thread died: records that were finished beyond the
 * checkpoint do not run again, and those that were running may have killed the thread.
 *
 *   checkpoint ──▶ 10   11   12   13   14
 *   finished             ✓         ✓
 *   suspects        †         †              † deaths so far
 *
 * Each offset is told once, when the record set that holds it comes; record sets come in ascending order. A suspect is
 * met twice, now and when the walk comes by: `claimed` are those that the walk has to leave alone.
 */
import type { Opening } from '../core/thread-messages.ts';
import type { SetRun } from './set-run.ts';

export class Reopened {
  /** Ascending. */
  readonly #finished: number[];
  /** Deaths by offset. */
  readonly #suspects: Map<number, number>;
  readonly #claimed = new Set<number>();

  constructor(opening: Opening) {
    this.#finished = opening.finished.toSorted((a, b) => a - b);
    this.#suspects = new Map(opening.suspects.map(({ offset, deaths }) => [offset, deaths]));
  }

  /** @returns offsets of the set that are finished already; they are not told again */
  takeFinished(set: SetRun): readonly number[] {
    const beyond = this.#finished.findIndex((offset) => offset > set.lastOffset);
    const known = this.#finished.splice(0, beyond < 0 ? this.#finished.length : beyond);
    return known.filter((offset) => offset >= set.firstOffset);
  }

  /** @returns the suspects of the set, as offset and deaths; they are not told again */
  takeSuspects(set: SetRun): readonly (readonly [offset: number, deaths: number])[] {
    const held = [...this.#suspects].filter(([offset]) => offset >= set.firstOffset && offset <= set.lastOffset);
    for (const [offset] of held) this.#suspects.delete(offset);
    return held;
  }

  /** The record is dealt with apart from the walk. */
  claim(offset: number): void {
    this.#claimed.add(offset);
  }

  /** For the walk, which meets a record once. @returns whether it is claimed */
  takeClaim(offset: number): boolean {
    return this.#claimed.delete(offset);
  }
}
