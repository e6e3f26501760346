/**
 * How often each record was running when its thread died. Kept on the main thread, since the threads are what dies,
 * until the share is given up. What follows from the number (three deaths: dead letter) is the worker's to decide.
 *
 * A thread that is given up for a handler that went on after its abort names the record: nothing else is to blame. One
 * that is given up for a hook blames none. When a record was on the stack of a thread, that record alone is the suspect:
 * no other code can have run; unless the thread was given up for an error that nobody waited for, since then it went on
 * until it ended. Otherwise all that were started and had not finished are, and the next thread runs them one by one, so
 * that a second death tells which of them it was.
 *
 * A suspect stays one until it is finished, whoever else kills its thread meanwhile: two culprits would take turns
 * otherwise, each of them run anew after the death that the other one caused.
 */
import type { Blame, Opening, PlaceOfRecord } from '../core/thread-messages.ts';
import type { InFlight, Suspect } from './in-flight.ts';

/** A record that is to blame for the death of its thread. */
export interface Culprit {
  /** Its `shareKey`. */
  readonly share: string;
  readonly offset: number;
}

/** Everything by `shareKey`: what one thread passes over is another thread's to finish, and counts for that one only. */
export class Deaths {
  readonly #counts = new Map<string, Map<number, number>>();

  /**
   * A thread has died.
   * @param inFlight what it had @param blame which of it this is counted against
   * @returns all suspects of these shares that are not finished, with their deaths so far
   */
  record(
    inFlight: ReadonlyMap<string, InFlight>,
    blame: Culprit | Exclude<Blame, PlaceOfRecord> = 'on-stack',
  ): ReadonlyMap<string, Opening['suspects']> {
    const begun = [...inFlight].map(([share, sets]) => ({ share, sets, suspects: sets.suspects() }));
    const someOnStack = begun.some(({ suspects }) => suspects.some((suspect) => suspect.running));
    const isBlamed = (share: string, { offset, running }: Suspect): boolean => {
      if (blame === 'none') return false;
      if (blame === 'begun') return true;
      if (blame === 'on-stack') return running || !someOnStack;
      return share === blame.share && offset === blame.offset;
    };
    const result = new Map<string, Opening['suspects']>();
    for (const { share, sets, suspects } of begun) {
      const blamed = suspects.filter((suspect) => isBlamed(share, suspect));
      const all = this.#raise(share, sets, blamed);
      if (all.length > 0) result.set(share, all);
    }
    return result;
  }

  /** The assignment has ended. */
  forget(share: string): void {
    this.#counts.delete(share);
  }

  #raise(share: string, sets: InFlight, blamed: readonly { readonly offset: number }[]): Opening['suspects'] {
    const counts = this.#counts.get(share) ?? new Map<number, number>();
    for (const offset of counts.keys()) if (sets.isFinished(offset)) counts.delete(offset);
    for (const { offset } of blamed) counts.set(offset, (counts.get(offset) ?? 0) + 1);
    this.#counts.set(share, counts);
    return [...counts].map(([offset, deaths]) => ({ offset, deaths }));
  }
}
