/**
 * Whether a partition may be fetched: `buffer` turned into yes and no.
 *
 *                 100 % of one of them
 *   room ───────────────────────────────────────▶ full    looked at again every 10 ms, because threads publish progress
 *     ▲                                            │      without a message
 *     └── below 50 % of records, 100 % of others ──┘
 *
 *   records      of the partition, against buffer.maxRecords
 *   uncommitted  of the partition, against buffer.maxUncommitted
 *   bytes        of the partition, against half of what the other partitions leave of buffer.maxBytes
 *
 * Records become less by work. The other two may not: a single stuck record holds them up. So a partition need not come
 * down to half of those, which might never be.
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
    const { maxRecords, maxUncommitted } = this.#buffer;
    const recordsMax = flow.full ? maxRecords / 2 : maxRecords;
    const { unfinished, uncommitted } = flow.inFlight;
    flow.full = unfinished >= recordsMax || uncommitted >= maxUncommitted || ownBytes >= share;
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
