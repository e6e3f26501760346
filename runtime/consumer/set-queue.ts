/**
 * Record sets on their way from the fetch loops to whoever iterates. Short: a fetch loop asks for more only when the
 * queue is empty, so it never holds more than one answer per broker.
 *
 *   flowing ──end()──▶ ended        sets that wait are dropped: nobody has seen them, the next owner reads them
 *      └────fail(e)──▶ failed       the first error counts
 */
import type { RecordSet } from '../core/record-set.ts';

type End = { readonly kind: 'ended' } | { readonly kind: 'failed'; readonly error: unknown };

export class SetQueue {
  #sets: RecordSet[] = [];
  #end: End | null = null;
  readonly #drop: (set: RecordSet) => void;
  #filled: PromiseWithResolvers<void> | null = null;
  #emptied: PromiseWithResolvers<void> | null = null;

  /** @param drop called with each set that nobody will see: its shared memory is free again */
  constructor(drop: (set: RecordSet) => void) {
    this.#drop = drop;
  }

  push(sets: readonly RecordSet[]): void {
    if (this.#end !== null) sets.forEach(this.#drop);
    else if (sets.length > 0) {
      this.#sets.push(...sets);
      this.#wakeReader();
    }
  }

  /** Takes out the sets for which `gone` holds. */
  discard(gone: (set: RecordSet) => boolean): void {
    this.#sets.filter(gone).forEach(this.#drop);
    this.#sets = this.#sets.filter((set) => !gone(set));
    if (this.#sets.length === 0) this.#wakeWriters();
  }

  end(): void {
    this.#finish({ kind: 'ended' });
  }

  fail(error: unknown): void {
    this.#finish({ kind: 'failed', error });
  }

  /** @returns null when there will be no more @throws the error given to `fail` */
  async next(): Promise<RecordSet | null> {
    for (;;) {
      if (this.#end?.kind === 'failed') throw this.#end.error;
      if (this.#end?.kind === 'ended') return null;
      const set = this.#sets.shift();
      if (set !== undefined) return set;
      // The reader is back for more: all that was taken has been handed over, so `hasRoom` counts it.
      this.#wakeWriters();
      this.#filled ??= Promise.withResolvers();
      await this.#filled.promise;
    }
  }

  /** Resolves when every set was taken and handed over, or nothing flows any more. */
  emptied(): Promise<void> {
    if (this.#sets.length === 0 || this.#end !== null) return Promise.resolve();
    this.#emptied ??= Promise.withResolvers();
    return this.#emptied.promise;
  }

  #finish(end: End): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#sets.forEach(this.#drop);
    this.#sets = [];
    this.#wakeReader();
    this.#wakeWriters();
  }

  #wakeReader(): void {
    this.#filled?.resolve();
    this.#filled = null;
  }

  #wakeWriters(): void {
    this.#emptied?.resolve();
    this.#emptied = null;
  }
}
