/**
 * Whether a partition may be fetched: `buffer` turned into yes and no. With `split: workers` records count in each thread
 * that shares the partition, since every thread has to come by each of them, and bytes count once per copy.
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
  readonly #partitions: () => Iterable<readonly Flow[]>;
  readonly #made: () => void;
  #timer: Timer | null = null;

  /** @param partitions their flows @param made called when a partition that was full has room again */
  constructor(
    buffer: BufferSettings,
    tasks: Tasks,
    clock: Clock,
    partitions: () => Iterable<readonly Flow[]>,
    made: () => void,
  ) {
    this.#buffer = buffer;
    this.#tasks = tasks;
    this.#clock = clock;
    this.#partitions = partitions;
    this.#made = made;
  }

  /** @param flows all of one partition, one at least */
  hasRoom(flows: readonly Flow[]): boolean {
    this.#measure(flows);
    const full = isFull(flows);
    if (full) this.#lookLater();
    return !full;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #measure(flows: readonly Flow[]): void {
    const ownBytes = this.#tasks.bytesOf(flows[0]!.key);
    const share = (this.#buffer.maxBytes - (this.#tasks.totalBytes - ownBytes)) / 2;
    const { maxRecords, maxUncommitted } = this.#buffer;
    const recordsMax = isFull(flows) ? maxRecords / 2 : maxRecords;
    const isOver = ({ inFlight: { unfinished, uncommitted } }: Flow): boolean =>
      unfinished >= recordsMax || uncommitted >= maxUncommitted;
    const full = ownBytes >= share || flows.some(isOver);
    for (const flow of flows) flow.full = full;
  }

  #lookLater(): void {
    this.#timer ??= this.#clock.after(lookMs, () => {
      this.#timer = null;
      this.#look();
    });
  }

  #look(): void {
    const full = [...this.#partitions()].filter(isFull);
    for (const flows of full) this.#measure(flows);
    if (full.some(isFull)) this.#lookLater();
    if (full.some((flows) => !isFull(flows))) this.#made();
  }
}

function isFull(flows: readonly Flow[]): boolean {
  return flows.some((flow) => flow.full);
}
