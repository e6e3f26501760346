/**
 * Gives the progress memory of a record set back to its pool. Two hold it: `dispatch/`, as long as a thread may write,
 * and `commit/`, as long as it reads. Whoever lets go last gives it back, in whatever order that is; memory given back
 * too early would be written by the thread of another set.
 *
 *   taken ──▶ held by both ── one lets go ──▶ held by one ── the other lets go ──▶ pool
 */
import type { Progress, ProgressPool } from '../core/progress.ts';

export class ProgressReturns {
  readonly #pool: ProgressPool;
  /** Weak: a group that ends lets its memory go with everything else. */
  readonly #heldByOne = new WeakSet<Progress>();

  constructor(pool: ProgressPool) {
    this.#pool = pool;
  }

  /** Called once by each of the two. */
  readonly letGo = (progress: Progress): void => {
    if (this.#heldByOne.delete(progress)) this.#pool.give(progress);
    else this.#heldByOne.add(progress);
  };
}
