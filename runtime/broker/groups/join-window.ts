/**
 * How long a group in PreparingRebalance waits for its members to join.
 *
 *   rejoining      until all have come, at most the rebalance timeout
 *   first members  the initial delay, and another one as long as new members came meanwhile, at most the rebalance
 *                  timeout: members that start together should meet in one generation
 */
import type { Clock, Timer } from '../../core/clock.ts';

export class JoinWindow {
  readonly #clock: Clock;
  readonly #initialDelayMs: number;
  #timer: Timer | null = null;
  #first: { readonly endsAt: number; joined: boolean } | null = null;

  /** @param initialDelayMs Kafka's `group.initial.rebalance.delay.ms` */
  constructor(clock: Clock, initialDelayMs: number) {
    this.#clock = clock;
    this.#initialDelayMs = initialDelayMs;
  }

  /** Whether it stays open even though all known members are there. */
  get delaying(): boolean {
    return this.#first !== null;
  }

  /** @param first whether the group was empty @param onOver called once, unless `close` comes first */
  open(rebalanceTimeoutMs: number, first: boolean, onOver: () => void): void {
    this.close();
    if (!first || this.#initialDelayMs <= 0) {
      this.#timer = this.#clock.after(rebalanceTimeoutMs, onOver);
      return;
    }
    this.#first = { endsAt: this.#clock.now() + rebalanceTimeoutMs, joined: false };
    this.#delay(this.#initialDelayMs, onOver);
  }

  #delay(delayMs: number, onOver: () => void): void {
    this.#timer = this.#clock.after(delayMs, () => {
      const leftMs = this.#first === null ? 0 : this.#first.endsAt - this.#clock.now();
      if (this.#first === null || !this.#first.joined || leftMs <= 0) {
        this.#first = null;
        onOver();
      } else {
        this.#first.joined = false;
        this.#delay(Math.min(this.#initialDelayMs, leftMs), onOver);
      }
    });
  }

  memberJoined(): void {
    if (this.#first !== null) this.#first.joined = true;
  }

  close(): void {
    this.#timer?.cancel();
    this.#first = null;
  }
}
