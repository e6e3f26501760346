/**
 * One direction of a connection that carries so many bytes per second. In slices of a twentieth of a second, so that a
 * slow link looks slow to whoever reads it, not stuck and then quick.
 *
 *   carry(bytes) ─▶ slice ─▶ wait ─▶ slice ─▶ wait ─▶ …        full speed: all at once
 *
 * Whoever gives bytes waits for them to be carried before it gives more: nothing queues up here.
 */
import { type Clock, sleep } from '../core/clock.ts';

const slicesPerSecond = 20;

export class SlowLink {
  readonly #clock: Clock;
  readonly #write: (bytes: Buffer) => void;
  readonly #closed: AbortSignal;
  /** Bytes per second; null for full speed. Read anew for each slice. */
  readonly #speed: () => number | null;

  constructor(clock: Clock, speed: () => number | null, write: (bytes: Buffer) => void, closed: AbortSignal) {
    this.#clock = clock;
    this.#speed = speed;
    this.#write = write;
    this.#closed = closed;
  }

  /** Resolves when the next bytes may come. */
  async carry(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#closed.aborted; ) {
      const speed = this.#speed();
      const length = speed === null ? bytes.length - at : Math.max(1, Math.floor(speed / slicesPerSecond));
      this.#write(bytes.subarray(at, at + length));
      at += length;
      if (speed !== null) await sleep(this.#clock, 1_000 / slicesPerSecond, this.#closed);
    }
  }
}
