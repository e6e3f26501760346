/**
 * Records of one topic: first those whose partition is not known yet, because the topic's metadata is not, then the
 * queues of its partitions. Records are placed in the order in which they came, so order per key holds from here on.
 */
import { PublishError } from '../core/errors.ts';
import type { TopicView } from '../kafka/cluster.ts';
import { byKey, type ChoosePartition } from './choose-partition.ts';
import { KeylessPartitions } from './murmur2.ts';
import { PartitionQueue, type QueueLimits } from './partition-queue.ts';
import type { QueuedRecord } from './queued-record.ts';

export interface TopicRecordsOptions {
  readonly choose: ChoosePartition;
  readonly limits: QueueLimits;
}

export class TopicRecords {
  readonly name: string;
  readonly #options: TopicRecordsOptions;
  #unplaced: QueuedRecord[] = [];
  /** Clock time since when a record has asked for a partition that is not known; null when none does. */
  #missingSince: number | null = null;
  readonly #queues = new Map<number, PartitionQueue>();
  readonly #keyless = new KeylessPartitions();

  constructor(name: string, options: TopicRecordsOptions) {
    this.name = name;
    this.#options = options;
  }

  add(record: QueuedRecord): void {
    this.#unplaced.push(record);
  }

  /** Queues with something to send. */
  *queues(): Generator<PartitionQueue> {
    for (const queue of this.#queues.values()) if (!queue.empty) yield queue;
  }

  /**
   * Moves records to their partitions as far as the topic is known.
   * @param learnedAt clock time of the view @returns false when the topic has to be asked for
   */
  place(view: TopicView, now: number, learnedAt: number): boolean {
    if (this.#unplaced.length === 0) return true;
    if (view.partitionCount === 0) return false;
    for (const record of this.#unplaced.splice(0)) {
      const { partition } = record.outbound;
      if (partition === undefined) this.#choose(record, view.partitionCount);
      else if (partition < view.partitionCount) this.#queue(partition).add(record);
      else this.#unplaced.push(record); // the topic may have grown: a newer view decides
    }
    return this.#unplaced.length === 0 || this.#decideMissing(view, now, learnedAt);
  }

  /** Gives up records beyond their deadline. @param unplacedBefore clock time: unplaced records that came until then */
  expire(now: number, unplacedBefore: number, error: (record: { readonly addedAt: number }) => unknown): void {
    for (const queue of this.queues()) queue.expire(now, error);
    const isLate = (record: QueuedRecord): boolean => record.deadline <= now || record.addedAt <= unplacedBefore;
    if (!this.#unplaced.some(isLate)) return;
    const late = this.#unplaced.filter(isLate);
    this.#unplaced = this.#unplaced.filter((record) => !isLate(record));
    for (const record of late) record.failed(error(record));
  }

  /** Rejects those that are not placed yet. */
  refuseUnplaced(error: unknown): void {
    for (const record of this.#unplaced.splice(0)) record.failed(error);
  }

  /** Rejects all. */
  abandon(error: unknown): void {
    this.refuseUnplaced(error);
    for (const queue of this.queues()) queue.abandon(error);
  }

  #choose(record: QueuedRecord, count: number): void {
    try {
      const choice = (record.deadLetter ? byKey : this.#options.choose)(record.outbound, count);
      if (choice === 'next' || (choice === 'keyless' && record.startsCall)) this.#keyless.next();
      this.#queue(typeof choice === 'number' ? choice : this.#keyless.partition(count)).add(record);
    } catch (error) {
      record.failed(error);
    }
  }

  #decideMissing(view: TopicView, now: number, learnedAt: number): boolean {
    this.#missingSince ??= now;
    if (learnedAt <= this.#missingSince) return false;
    this.#missingSince = null;
    for (const record of this.#unplaced.splice(0)) {
      const message = `${this.name} has partitions 0 to ${view.partitionCount - 1}, and a record asks for partition ${record.outbound.partition}: leave partition out, or add partitions to the topic`;
      record.failed(new PublishError('RT_PUBLISH_INVALID', message, { retryable: false }));
    }
    return true;
  }

  #queue(partition: number): PartitionQueue {
    const known = this.#queues.get(partition);
    if (known !== undefined) return known;
    const queue = new PartitionQueue(this.name, partition, this.#options.limits);
    this.#queues.set(partition, queue);
    return queue;
  }
}
