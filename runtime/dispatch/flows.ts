/**
 * The flows that partitions have now: one for each thread that shares the partition, and none of an older epoch.
 *
 *   orders/0 ──▶ share 0 (thread 0), share 1 (thread 1)      split
 *   orders/1 ──▶ share 0 (thread 1)                          not split
 */
import { partitionKey, type Share, type TopicPartition } from '../core/record-set.ts';
import type { Flow } from './flow.ts';

export class Flows {
  readonly #byPartition = new Map<string, readonly Flow[]>();

  /** Takes the place of the flow that the share had. */
  set(flow: Flow): void {
    const others = this.of(flow).filter(({ share }) => share !== flow.share);
    this.#byPartition.set(flow.key, [...others, flow]);
  }

  /** Has no effect when another one has taken its place. */
  delete(flow: Flow): void {
    const left = this.of(flow).filter((other) => other !== flow);
    if (left.length > 0) this.#byPartition.set(flow.key, left);
    else this.#byPartition.delete(flow.key);
  }

  /** All shares of a partition; none when it is not open. */
  of(partition: TopicPartition): readonly Flow[] {
    return this.#byPartition.get(partitionKey(partition)) ?? [];
  }

  get({ share = 0, ...partition }: Share): Flow | undefined {
    return this.of(partition).find((flow) => flow.share === share);
  }

  /** Whether its share has had no other one since. */
  has(flow: Flow): boolean {
    return this.of(flow).includes(flow);
  }

  partitions(): Iterable<readonly Flow[]> {
    return this.#byPartition.values();
  }

  all(): readonly Flow[] {
    return [...this.#byPartition.values()].flat();
  }
}
