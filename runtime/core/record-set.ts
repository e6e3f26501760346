/**
 * The unit that travels: whole record batches of one partition, as they came from Kafka. Made by `consumer/`, followed
 * by `commit/`, handed over by `dispatch/`, taken apart in the thread by `worker/`.
 */
import type { Progress } from './progress.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What one thread has of a partition: all of it, or its part of the keys with `concurrency.split: workers`. */
export interface Share extends TopicPartition {
  /** Index of the thread among those that share the partition; none is the first. */
  readonly share?: number;
}

export interface RecordSet extends Share {
  /** Unique in this process; names the set in messages. */
  readonly id: number;
  /** Number of the partition's assignment; what comes back under an older one is dropped. */
  readonly epoch: number;
  /** Offset of delta 0. Records below it (the first batch may start earlier) are not ours. */
  readonly firstOffset: number;
  /** Last offset, inclusive; batches that were left out (control, aborted) count too. */
  readonly lastOffset: number;
  /** Begins with whole batches in Kafka's format v2. Transferred to the thread: empty on the main thread afterwards. */
  readonly bytes: ArrayBuffer;
  /** Of the batches. `bytes` may be longer: it comes from a pool, and what follows is of an earlier set. */
  readonly byteLength: number;
  /** Records by the batch headers. */
  readonly recordCount: number;
  readonly progress: Progress;
}

/** A key for maps. Topic names cannot contain a slash. */
export function partitionKey(p: TopicPartition): string {
  return `${p.topic}/${p.partition}`;
}

/** The same for a share; that of the first one is its `partitionKey`. */
export function shareKey({ topic, partition, share = 0 }: Share): string {
  return share === 0 ? `${topic}/${partition}` : `${topic}/${partition}/${share}`;
}
