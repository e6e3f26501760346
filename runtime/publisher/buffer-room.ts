/**
 * Bounds the bytes that wait to be written (`producer.bufferBytes`): who finds no room waits, first come, first served,
 * for `producer.maxBlock` at most, or is refused at once where it says so.
 *
 *   used ≤ limit, always        waiting: nobody enters before those who came earlier, so order per key survives
 */
import type { Clock, Timer } from '../core/clock.ts';
import { PublishError } from '../core/errors.ts';

/** What wants to enter: once it is told one of the two. */
export interface Entrant {
  /** Not above the limit. */
  readonly size: number;
  entered(): void;
  refused(error: unknown): void;
}

interface Waiting {
  readonly entrant: Entrant;
  /** Clock time. */
  readonly until: number;
}

export interface BufferRoomOptions {
  readonly limitBytes: number;
  readonly maxBlockMs: number;
  readonly clock: Clock;
}

export class BufferRoom {
  readonly #options: BufferRoomOptions;
  /** From `#next` on; what is before that has been told. */
  #waiting: Waiting[] = [];
  #next = 0;
  #used = 0;
  /** Runs while somebody waits, for the one that has waited longest. */
  #timer: Timer | null = null;

  constructor(options: BufferRoomOptions) {
    this.#options = options;
  }

  /** Bytes inside. */
  get used(): number {
    return this.#used;
  }

  /** Tells the entrant at once when there is room, or later. @param waits false: at once in any case */
  enter(entrant: Entrant, waits = true): void {
    if (this.#next === this.#waiting.length && this.#fits(entrant.size)) {
      this.#used += entrant.size;
      entrant.entered();
      return;
    }
    const { clock, maxBlockMs } = this.#options;
    if (!waits) {
      entrant.refused(this.#full(0));
      return;
    }
    this.#waiting.push({ entrant, until: clock.now() + maxBlockMs });
    this.#timer ??= clock.after(maxBlockMs, () => this.#overdue());
  }

  leave(bytes: number): void {
    this.#used -= bytes;
    while (this.#next < this.#waiting.length && this.#fits(this.#waiting[this.#next]!.entrant.size)) {
      const { entrant } = this.#take();
      this.#used += entrant.size;
      entrant.entered();
    }
  }

  /** Refuses everybody who waits. */
  close(error: unknown): void {
    while (this.#next < this.#waiting.length) this.#take().entrant.refused(error);
  }

  #fits(bytes: number): boolean {
    return this.#used + bytes <= this.#options.limitBytes;
  }

  #take(): Waiting {
    const first = this.#waiting[this.#next++]!;
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
      this.#timer?.cancel();
      this.#timer = null;
    } else if (this.#next >= 1_024 && this.#next * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#next); // as many as it moves have gone: constant time for each
      this.#next = 0;
    }
    return first;
  }

  #full(waitedMs: number): PublishError {
    const message = `no room for a record within ${waitedMs} ms: ${this.#used} of ${this.#options.limitBytes} bytes wait for Kafka; publish more slowly, or raise producer.bufferBytes or producer.maxBlock`;
    return new PublishError('RT_PUBLISH_BUFFER_FULL', message, { retryable: true });
  }

  #overdue(): void {
    this.#timer = null;
    const { clock, maxBlockMs } = this.#options;
    const now = clock.now();
    while (this.#next < this.#waiting.length && this.#waiting[this.#next]!.until <= now) {
      this.#take().entrant.refused(this.#full(maxBlockMs));
    }
    const next = this.#waiting[this.#next];
    if (next !== undefined) this.#timer ??= clock.after(next.until - now, () => this.#overdue());
  }
}
