/**
 * What groups have committed, per group and partition: the next offset to read.
 * A transaction's offsets wait aside until it ends; meanwhile readers that ask for stable offsets are told to wait.
 */
import { partitionKey, type TopicPartition } from '../../core/record-set.ts';
import type { BrokerStore } from '../storage/broker-store.ts';

export interface OffsetToCommit extends TopicPartition {
  readonly offset: number;
  /** −1: unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export class CommittedOffsets {
  readonly #groups = new Map<string, Map<string, OffsetToCommit>>();
  readonly #pending = new Map<string, Map<number, OffsetToCommit[]>>(); // group → producer id → offsets
  readonly #store: BrokerStore;

  constructor(store: BrokerStore) {
    this.#store = store;
    for (const { group, ...saved } of store.saved.offsets) this.#of(group).set(partitionKey(saved), saved);
  }

  #of(groupId: string): Map<string, OffsetToCommit> {
    const known = this.#groups.get(groupId);
    if (known) return known;
    const made = new Map<string, OffsetToCommit>();
    this.#groups.set(groupId, made);
    return made;
  }

  /** Ids of groups that have committed something. */
  groupIds(): readonly string[] {
    return [...this.#groups.keys()];
  }

  commit(groupId: string, offset: OffsetToCommit): void {
    this.#store.record({ kind: 'offset', group: groupId, ...offset });
    this.#of(groupId).set(partitionKey(offset), offset);
  }

  get(groupId: string, partition: TopicPartition): OffsetToCommit | undefined {
    return this.#groups.get(groupId)?.get(partitionKey(partition));
  }

  all(groupId: string): readonly OffsetToCommit[] {
    return [...(this.#groups.get(groupId)?.values() ?? [])];
  }

  delete(groupId: string, { topic, partition }: TopicPartition): void {
    if (!this.#groups.get(groupId)?.delete(partitionKey({ topic, partition }))) return;
    this.#store.record({ kind: 'offsetDeleted', group: groupId, topic, partition });
  }

  deleteGroup(groupId: string): void {
    for (const offset of this.all(groupId)) this.delete(groupId, offset);
    this.#groups.delete(groupId);
    this.#pending.delete(groupId);
  }

  /** A deleted topic takes its offsets along, as in Kafka: one made later under the name starts afresh. */
  deleteTopic(topic: string): void {
    for (const groupId of this.#groups.keys()) {
      for (const offset of this.all(groupId)) if (offset.topic === topic) this.delete(groupId, offset);
    }
  }

  /** Keeps an offset of a transaction until `endTransaction`. */
  hold(groupId: string, producerId: number, offset: OffsetToCommit): void {
    const producers = this.#pending.get(groupId) ?? new Map<number, OffsetToCommit[]>();
    producers.set(producerId, [...(producers.get(producerId) ?? []), offset]);
    this.#pending.set(groupId, producers);
  }

  endTransaction(groupId: string, producerId: number, committed: boolean): void {
    const held = this.#pending.get(groupId)?.get(producerId) ?? [];
    this.#pending.get(groupId)?.delete(producerId);
    if (committed) for (const offset of held) this.commit(groupId, offset);
  }

  /** Whether an open transaction may still change this offset. */
  isUnstable(groupId: string, partition: TopicPartition): boolean {
    const key = partitionKey(partition);
    const held = [...(this.#pending.get(groupId)?.values() ?? [])].flat();
    return held.some((offset) => partitionKey(offset) === key);
  }
}
