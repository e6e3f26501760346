/**
 * Measures how far behind this process is: end offset minus committed offset of every partition it owns, every 10 s,
 * at zero too (rows S-75, D-05). The committed offset is what the next owner would start from, so the lag also shows
 * work that is done and not committed. A partition whose end is not known keeps its last value.
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { EventHub, RuntimeEvents } from '../core/events.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';

/** `observability.metrics.lagInterval` of a later version; the figure of row S-77. */
export const lagIntervalMs = 10_000;

interface Owned extends TopicPartition {
  readonly group: string;
  /** Where it was opened, until something is committed. */
  committed: number;
}

export interface LagDeps {
  /** By `partitionKey`, as far as they are known. Never rejects. */
  readonly endOffsets: (partitions: readonly TopicPartition[]) => Promise<ReadonlyMap<string, number>>;
  readonly events: EventHub;
  readonly clock: Clock;
}

export class LagMeter {
  readonly #deps: LagDeps;
  /** By group and partition. */
  readonly #owned = new Map<string, Owned>();
  readonly #unlisten: () => void;
  #timer: Timer | null = null;
  #measuring: Promise<void> = Promise.resolve();

  constructor(deps: LagDeps) {
    this.#deps = deps;
    this.#unlisten = deps.events.listen((name, event) => this.#rules[name]?.(event));
    this.#schedule();
  }

  /** Resolves when no measurement is under way. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#unlisten();
    this.#owned.clear();
    await this.#measuring;
  }

  readonly #rules: { readonly [K in keyof RuntimeEvents]?: (event: RuntimeEvents[K]) => void } = {
    'partition.opened': ({ group, topic, partition, offset }) => {
      const key = ownedKey(group, { topic, partition });
      // Opened again after a thread died: the committed offset is still what it was.
      if (!this.#owned.has(key)) this.#owned.set(key, { group, topic, partition, committed: offset });
    },
    'partition.closed': (event) => {
      this.#owned.delete(ownedKey(event.group, event));
    },
    'group.failed': ({ group }) => {
      for (const [key, owned] of this.#owned) if (owned.group === group) this.#owned.delete(key);
    },
    'offsets.committed': ({ group, offsets }) => {
      for (const place of offsets) {
        const owned = this.#owned.get(ownedKey(group, place));
        if (owned !== undefined) owned.committed = place.offset;
      }
    },
  };

  #schedule(): void {
    this.#timer = this.#deps.clock.after(lagIntervalMs, () => {
      this.#measuring = this.#measure().finally(() => {
        if (this.#timer !== null) this.#schedule();
      });
    });
  }

  async #measure(): Promise<void> {
    const asked = [...this.#owned];
    const ends = await this.#deps.endOffsets(asked.map(([, owned]) => owned));
    for (const [key, owned] of asked) {
      const end = ends.get(partitionKey(owned));
      // It may have been given up, or come back, while Kafka was asked.
      if (end === undefined || this.#owned.get(key) !== owned) continue;
      const { group, topic, partition, committed } = owned;
      this.#deps.events.emit('partition.lag', { group, topic, partition, lag: Math.max(0, end - committed) });
    }
  }
}

function ownedKey(group: string, place: TopicPartition): string {
  return `${group}/${partitionKey(place)}`;
}
