/**
 * Events that were handed to the producer and are not settled, by topic: how long the oldest waits says whether Kafka
 * acknowledges. Nobody asks the network: only an acknowledgement shows that one can be had.
 */
import type { Clock } from '../core/clock.ts';

export class Backlog {
  readonly #clock: Clock;
  /** The first of each set waits longest. */
  readonly #topics = new Map<string, Set<{ readonly since: number }>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns to be called once, when it is settled */
  enter(topic: string): () => void {
    const waiting = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, waiting);
    const entry = { since: this.#clock.now() };
    waiting.add(entry);
    return () => waiting.delete(entry);
  }

  /** How long the oldest of a topic has waited, milliseconds; 0 when nothing waits. */
  oldestMs(topic: string): number {
    for (const { since } of this.#topics.get(topic) ?? []) return this.#clock.now() - since;
    return 0;
  }
}
