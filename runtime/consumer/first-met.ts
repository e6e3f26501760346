/**
 * How many partitions a topic had when the group first met it. With `from: latest` those begin where they ended then; one
 * that was added since was never behind anybody, so it is read from its beginning.
 *
 * A process that starts after the topic has grown cannot see that by itself. So the number goes along as the metadata of
 * every commit, and whoever finds a partition without a commit looks into those of the topic's other partitions.
 */
import type { Cluster } from '../kafka/cluster.ts';

const form = /^partitions=(\d+)$/;

export class FirstMet {
  readonly #cluster: Pick<Cluster, 'topic'>;
  /** As commits tell it. One that was deleted and made again may be told too few: then more of it is read, not less. */
  readonly #told = new Map<string, number>();

  constructor(cluster: Pick<Cluster, 'topic'>) {
    this.#cluster = cluster;
  }

  /** @param metadata of a commit of the group; what others have written there is passed over */
  learn(topic: string, metadata: string | null): void {
    const count = Number(form.exec(metadata ?? '')?.[1]);
    // Of two processes that met a topic while it grew, the one that saw less of it was there first.
    if (count > 0) this.#told.set(topic, Math.min(count, this.#told.get(topic) ?? count));
  }

  /** @returns 0 while nobody has seen the topic */
  partitionCount(topic: string): number {
    const seen = this.#cluster.topic(topic).firstPartitionCount;
    const told = this.#told.get(topic) ?? seen;
    return seen === 0 ? told : Math.min(seen, told);
  }

  /** What a commit should say. */
  metadata(topic: string): string | null {
    const count = this.partitionCount(topic);
    return count === 0 ? null : `partitions=${count}`;
  }
}
