/**
 * An eye on the subscribed topics: how many partitions each had when they were dealt out, and whether that is still so.
 * Only the leader deals, so only the leader finds changes; for all others looking keeps the metadata from growing old.
 * A topic that does not exist counts as empty; it is looked for more often than an existing one, which grows rarely
 * (the age limit of `Cluster`).
 */
import type { TopicSettings } from '../core/settings.ts';
import type { Cluster } from '../kafka/cluster.ts';

/** What a deal is based on should be fresh, but members that come one by one must not each wait for a refresh. */
const dealAgeMaxMs = 5000;

export class TopicWatch {
  readonly #cluster: Cluster;
  /** As dealt out. */
  #counts: ReadonlyMap<string, number> = new Map();
  readonly #own: readonly string[];
  #looking: boolean = false;

  /** @param own topics of this member; the leader hears of the others' when it deals */
  constructor(cluster: Cluster, own: readonly TopicSettings[]) {
    this.#cluster = cluster;
    this.#own = own.map(({ name }) => name);
  }

  /** Reads the partition counts to deal out. @throws KafkaError when no broker answers */
  async counts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const all = [...new Set([...this.#own, ...topics])];
    const views = await this.#cluster.partitionsOf(all, dealAgeMaxMs);
    this.#counts = new Map(views.map((view) => [view.name, view.partitionCount]));
    return this.#counts;
  }

  /** @returns what has changed since the deal, as a sentence; null when nothing has, or nobody answers */
  async changed(): Promise<string | null> {
    if (this.#looking) return null;
    this.#looking = true;
    try {
      const names = [...this.#counts.keys()];
      if ([...this.#counts.values()].includes(0)) await this.#cluster.refresh(names);
      const views = await this.#cluster.partitionsOf(names);
      const changed = views.find((view) => view.partitionCount > (this.#counts.get(view.name) ?? 0));
      return changed === undefined ? null : `${changed.name} has ${changed.partitionCount} partitions now`;
    } catch {
      return null; // The next heartbeat looks again.
    } finally {
      this.#looking = false;
    }
  }
}
