/**
 * Whether a partition may be fetched: `buffer` turned into yes and no.
 *
 *            100 % of a limit
 *   room ───────────────────────▶ full        looked at again every 10 ms, because threads publish progress
 *     ▲                            │          without a message
 *     └──────── 50 % of all ───────┘
 *
 *   records      of the partition, against buffer.maxRecords
 *   uncommitted  of the partition, against buffer.maxUncommitted; always 100 %: a single stuck record holds it up, and
 *                what is finished beyond that record does not become less by work
 *   bytes        of the partition, against half of what the other partitions leave of buffer.maxBytes
 *
 * Bytes are a share of what is left, not a fixed part: one partition alone may take half of the buffer, and however
 * many hold as much as they can (their keys may be stuck), there is always something left for the next one. The sum
 * cannot pass buffer.maxBytes by more than what was fetched in one go.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { BufferSettings } from '../core/settings.ts';
import type { Flow } from './flow.ts';
import type { Tasks } from './tasks.ts';

const lookMs = 10;

export class Room {
  readonly #buffer: BufferSettings;
  readonly #tasks: Tasks;
  readonly #clock: Clock;
  readonly #flows: () => Iterable<Flow>;
  readonly #made: () => void;
  #timer: Timer | null = null;

  /** @param made called when a partition that was full has room again */
  constructor(buffer: BufferSettings, tasks: Tasks, clock: Clock, flows: () => Iterable<Flow>, made: () => void) {
    this.#buffer = buffer;
    this.#tasks = tasks;
    this.#clock = clock;
    this.#flows = flows;
    this.#made = made;
  }

  hasRoom(flow: Flow): boolean {
    this.#measure(flow);
    if (flow.full) this.#lookLater();
    return !flow.full;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #measure(flow: Flow): void {
    const ownBytes = this.#tasks.bytesOf(flow.key);
    const share = (this.#buffer.maxBytes - (this.#tasks.totalBytes - ownBytes)) / 2;
    const level = Math.max(flow.inFlight.unfinished / this.#buffer.maxRecords, share > 0 ? ownBytes / share : 1);
    const farAhead = flow.inFlight.uncommitted >= this.#buffer.maxUncommitted;
    flow.full = farAhead || level >= (flow.full ? 0.5 : 1);
  }

  #lookLater(): void {
    this.#timer ??= this.#clock.after(lookMs, () => {
      this.#timer = null;
      this.#look();
    });
  }

  #look(): void {
    const full = [...this.#flows()].filter((flow) => flow.full);
    for (const flow of full) this.#measure(flow);
    if (full.some((flow) => flow.full)) this.#lookLater();
    if (full.some((flow) => !flow.full)) this.#made();
  }
}
