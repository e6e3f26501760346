/**
 * Queues of deliveries, linked through `Delivery.next`: a delivery waits in one queue at a time.
 *
 * A lane is the ordered queue of one key inside a partition. It exists only while the key has unfinished work.
 *
 *   holder ──▶ first ──▶ next ──▶ last       the holder is being handled, or waits for its retry or its dead letter
 */
import type { Delivery } from './delivery.ts';

export class DeliveryQueue {
  #first: Delivery | null = null;
  #last: Delivery | null = null;

  get empty(): boolean {
    return this.#first === null;
  }

  append(delivery: Delivery): void {
    if (this.#last === null) this.#first = delivery;
    else this.#last.next = delivery;
    this.#last = delivery;
  }

  /** Takes the first one off; null when there is none. */
  shift(): Delivery | null {
    const first = this.#first;
    if (first === null) return null;
    this.#first = first.next;
    if (this.#first === null) this.#last = null;
    first.next = null;
    return first;
  }

  clear(): void {
    this.#first = null;
    this.#last = null;
  }
}

export class Lane extends DeliveryQueue {
  readonly key: string;

  constructor(key: string) {
    super();
    this.key = key;
  }
}
