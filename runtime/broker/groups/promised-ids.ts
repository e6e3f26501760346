/**
 * Member ids that were handed out with error 79 and not used yet (KIP-394). A rebalance waits for them, since their
 * owners are about to join; one that is not used within its session timeout is forgotten.
 */
import type { Clock, Timer } from '../../core/clock.ts';

export class PromisedIds {
  readonly #clock: Clock;
  readonly #timers = new Map<string, Timer>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#timers.size;
  }

  give(memberId: string, sessionTimeoutMs: number, onExpired: () => void): void {
    const expire = (): void => {
      this.#timers.delete(memberId);
      onExpired();
    };
    this.#timers.set(memberId, this.#clock.after(sessionTimeoutMs, expire));
  }

  /** @returns whether the id was given and not used yet */
  take(memberId: string): boolean {
    this.#timers.get(memberId)?.cancel();
    return this.#timers.delete(memberId);
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
