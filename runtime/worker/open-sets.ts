/**
 * The record sets that a partition has and has not given back.
 *
 *   walked   s1                 in `open` only: its last records are not finished
 *   walk ──▶ s2  s3  s4         in `open` and in `walk`
 *
 *   open ──every record finished──▶ done: the bytes carry the next set
 *        ──bytes do not decode────▶ corrupt ──what was begun is finished──▶ stale
 *        ──epoch over─────────────▶ stale
 *
 * Invariant: `walk` is in the order of the offsets, and a set that is given back is in neither.
 */
import type { SetRun } from './set-run.ts';

export class OpenSets {
  readonly #publishLater: (set: SetRun) => void;
  /** Sets that the walk has not left. */
  readonly #walk: SetRun[] = [];
  /** Sets that are not finished. */
  readonly #open = new Set<SetRun>();

  /** @param publishLater is told of a set with progress that the main thread cannot see yet */
  constructor(publishLater: (set: SetRun) => void) {
    this.#publishLater = publishLater;
  }

  add(set: SetRun): void {
    this.#walk.push(set);
    this.#open.add(set);
  }

  /** The set that the walk is in; undefined when it has come to the end. */
  get walked(): SetRun | undefined {
    return this.#walk[0];
  }

  /** The walk goes on with the next set. */
  leave(): void {
    this.#walk.shift();
  }

  finish(set: SetRun, delta: number): void {
    // Progress of a set that was given back belongs to another one by now.
    if (set.released) return;
    set.progress.finish(delta);
    this.progressed(set);
  }

  /** The set gives itself back with its last record. */
  progressed(set: SetRun): void {
    if (set.progress.done) {
      this.#open.delete(set);
      set.done();
    } else if (!set.unpublished) {
      this.#publishLater(set);
    }
  }

  /** The walk met bytes that do not decode: what was begun may finish, nothing beyond is touched. */
  halt(set: SetRun): void {
    for (const later of this.#walk.splice(1)) this.#giveUp(later);
    set.corrupt = true;
    this.giveBackCorrupt(set);
  }

  /** As soon as nothing of it is under way. */
  giveBackCorrupt(set: SetRun): void {
    if (set.deliveries > 0) return;
    this.#giveUp(set);
  }

  /** The epoch is over. */
  end(): void {
    this.#walk.length = 0;
    for (const set of [...this.#open]) this.#giveUp(set);
  }

  #giveUp(set: SetRun): void {
    this.#open.delete(set);
    set.stale();
  }
}
