/**
 * How often each record was running when its thread died. Kept on the main thread, since the threads are what dies,
 * until the partition is given up. What follows from the number (three deaths: dead letter) is the worker's to decide.
 *
 * A thread that is given up for a handler that went on after its abort names the record: nothing else is to blame. When
 * a record was on the stack of a thread, that record alone is the suspect: no other code can have run. Otherwise
 * all that were started and had not finished are, and the next thread runs them one by one, so that a second death
 * tells which of them it was.
 *
 * A suspect stays one until it is finished, whoever else kills its thread meanwhile: two culprits would take turns
 * otherwise, each of them run anew after the death that the other one caused.
 */
import { partitionKey } from '../core/record-set.ts';
import type { Opening, PlaceOfRecord } from '../core/thread-messages.ts';
import type { InFlight } from './in-flight.ts';

export class Deaths {
  readonly #counts = new Map<string, Map<number, number>>();

  /**
   * A thread has died.
   * @param inFlight by partition, what it had @param culprit the record that is to blame, where that is known
   * @returns all suspects of these partitions that are not finished, with their deaths so far
   */
  record(
    inFlight: ReadonlyMap<string, InFlight>,
    culprit: PlaceOfRecord | null = null,
  ): ReadonlyMap<string, Opening['suspects']> {
    const running = [...inFlight].map(([partition, sets]) => ({ partition, sets, suspects: sets.suspects() }));
    const onStack = running.some(({ suspects }) => suspects.some((suspect) => suspect.running));
    const result = new Map<string, Opening['suspects']>();
    for (const { partition, sets, suspects } of running) {
      const blamed = suspects.filter((suspect) =>
        culprit === null
          ? suspect.running || !onStack
          : suspect.offset === culprit.offset && partition === partitionKey(culprit),
      );
      const all = this.#raise(partition, sets, blamed);
      if (all.length > 0) result.set(partition, all);
    }
    return result;
  }

  /** The assignment has ended. */
  forget(partition: string): void {
    this.#counts.delete(partition);
  }

  #raise(partition: string, sets: InFlight, blamed: readonly { readonly offset: number }[]): Opening['suspects'] {
    const counts = this.#counts.get(partition) ?? new Map<number, number>();
    for (const offset of counts.keys()) if (sets.isFinished(offset)) counts.delete(offset);
    for (const { offset } of blamed) counts.set(offset, (counts.get(offset) ?? 0) + 1);
    this.#counts.set(partition, counts);
    return [...counts].map(([offset, deaths]) => ({ offset, deaths }));
  }
}
