/**
 * Records that were running when a thread died: one of them may be the cause. Each runs once with nothing beside it in
 * the whole thread, so that the next death names the culprit. Who comes back alive goes on like any other record.
 *
 *   waiting ──nothing runs──▶ alone ──attempt over──▶ cleared
 */
import type { Delivery } from './delivery.ts';

export class Suspects {
  readonly #waiting: Delivery[] = [];
  #alone: Delivery | null = null;

  /** Nothing else may start. */
  get pending(): boolean {
    return this.#alone !== null || this.#waiting.length > 0;
  }

  add(delivery: Delivery): void {
    this.#waiting.push(delivery);
  }

  /** Starts the next ones while nothing runs. @param running calls under way in the thread */
  proceed(running: () => number): void {
    while (this.#alone === null && running() === 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#alone = next;
      next.start();
    }
  }

  attemptOver(delivery: Delivery): void {
    if (this.#alone === delivery) this.#alone = null;
  }

  /** The epoch of some is over. The one that runs stays alone until its call has settled. */
  dropEnded(): void {
    const left = this.#waiting.filter((delivery) => !delivery.over);
    this.#waiting.splice(0, this.#waiting.length, ...left);
  }
}
