/**
 * Records of one topic: first those whose partition is not known yet, because the topic's metadata is not, then the
 * queues of its partitions. Records are placed in the order in which they came, so order per key holds from here on.
 */
import type { OutboundRecord } from '../../core/thread-messages.ts';
import type { TopicView } from '../cluster.ts';
import { KeylessPartitions, partitionOfKey } from '../partitioner.ts';
import { PartitionQueue, type Pending } from './partition-queue.ts';

export interface Unplaced {
  readonly pending: Pending;
  readonly outbound: OutboundRecord;
  /** First record of a call: keyless records of one call share a partition. */
  readonly startsCall: boolean;
}

export class TopicRecords {
  readonly name: string;
  #unplaced: Unplaced[] = [];
  readonly #queues = new Map<number, PartitionQueue>();
  readonly #keyless = new KeylessPartitions();

  constructor(name: string) {
    this.name = name;
  }

  add(record: Unplaced): void {
    this.#unplaced.push(record);
  }

  get hasUnplaced(): boolean {
    return this.#unplaced.length > 0;
  }

  /** Queues with something to send. */
  *queues(): Generator<PartitionQueue> {
    for (const queue of this.#queues.values()) if (!queue.empty) yield queue;
  }

  /** Moves records to their partitions as far as the topic is known. @returns false when it has to be asked for */
  place(view: TopicView): boolean {
    if (this.#unplaced.length === 0) return true;
    if (view.partitionCount === 0) return false;
    for (const { pending, outbound, startsCall } of this.#unplaced.splice(0)) {
      if (startsCall) this.#keyless.nextCall();
      this.#queue(this.#partitionOf(outbound, view.partitionCount)).add(pending);
    }
    return true;
  }

  /** Gives up records beyond their deadline. */
  expire(now: number, error: (pending: Pending) => unknown): void {
    for (const queue of this.queues()) queue.expire(now, error);
    const late = this.#unplaced.filter(({ pending }) => pending.deadline <= now);
    if (late.length === 0) return;
    this.#unplaced = this.#unplaced.filter(({ pending }) => pending.deadline > now);
    for (const { pending } of late) pending.failed(error(pending));
  }

  /** Rejects those that are not placed yet. */
  refuseUnplaced(error: unknown): void {
    for (const { pending } of this.#unplaced.splice(0)) pending.failed(error);
  }

  /** Rejects all. */
  abandon(error: unknown): void {
    this.refuseUnplaced(error);
    for (const queue of this.queues()) queue.abandon(error);
  }

  #partitionOf({ partition, key }: OutboundRecord, partitionCount: number): number {
    if (partition !== undefined) return partition;
    return key === null ? this.#keyless.partition(partitionCount) : partitionOfKey(key, partitionCount);
  }

  #queue(partition: number): PartitionQueue {
    const known = this.#queues.get(partition);
    if (known !== undefined) return known;
    const queue = new PartitionQueue(this.name, partition);
    this.#queues.set(partition, queue);
    return queue;
  }
}
