/**
 * Raises the pulse of a thread as long as it has record sets, which is as long as the main thread looks at it. An idle
 * thread sleeps: ten beats a second were 0.1 % of a core for each of them.
 *
 *   idle ── a set comes ──▶ beating, at once and every 100 ms ── a beat finds no set ──▶ idle
 */
import type { Clock } from '../core/clock.ts';
import type { ThreadPulse } from '../core/thread-pulse.ts';

const beatMs = 100; // the main thread looks at the pulse about as often; a hang is told by `timeouts.handler`

export class Beat {
  readonly #clock: Clock;
  readonly #pulse: ThreadPulse;
  #sets = 0;
  #beating = false;

  constructor(clock: Clock, pulse: ThreadPulse) {
    this.#clock = clock;
    this.#pulse = pulse;
  }

  /** The thread has the set until `work` settles. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#sets++;
    if (!this.#beating) this.#beat();
    try {
      return await work;
    } finally {
      this.#sets--;
    }
  }

  #beat(): void {
    this.#pulse.beat();
    this.#beating = this.#sets > 0;
    if (this.#beating) this.#clock.after(beatMs, () => this.#beat());
  }
}
