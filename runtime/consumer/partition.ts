/**
 * One assigned partition, as the main thread sees it.
 *
 *   state       fetch   hand over   commit   left when
 *   opening     no      no          no       position known (committed offset, or `from`) → open
 *   open        yes     yes         yes      revoked, leaving, position out of range → draining; fenced → lost
 *   draining    no      no          yes      finished or out of time, last commit done → closed; fenced → lost
 *   lost        no      no          never    at once → closed
 *   closed      no      no          never    assigned again: a new object → opening
 *
 * Recovering from a thread's death is not a state here: `reopen` goes from open to open under a new epoch, and
 * dispatch takes nothing until the new thread is ready.
 *
 * The epoch is given when the partition opens and again on every reopening: unique in this process and rising, so
 * whatever comes back under another number is of the past. While it is opening the epoch is 0, which nobody has.
 */
import type { TopicPartition } from '../core/record-set.ts';
import { zeroUuid } from '../protocol/codec.ts';

export type PartitionState = 'opening' | 'open' | 'draining' | 'lost' | 'closed';

const next: Readonly<Record<PartitionState, readonly PartitionState[]>> = {
  opening: ['open', 'closed', 'lost'],
  open: ['draining', 'lost'],
  draining: ['closed', 'lost'],
  lost: ['closed'],
  closed: [],
};

let lastEpoch = 0;

export class AssignedPartition implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  #state: PartitionState = 'opening';
  #epoch = 0;
  #position = -1;
  #stopped = false;
  /** Fetches in a row that failed; spaces the next one. */
  failures = 0;
  /** Of the topic that the position belongs to; null while Kafka has not told it. */
  #topicId: string | null = null;
  /** Where the bytes were damaged when they were last read, and how many times in a row. */
  #damage = { offset: -1, reads: 0 };
  /** By the clock; not fetched before. */
  notBefore = Number.NEGATIVE_INFINITY;

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic;
    this.partition = partition;
  }

  get state(): PartitionState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Next offset to fetch. */
  get position(): number {
    return this.#position;
  }

  get fetchable(): boolean {
    return this.#state === 'open' && !this.#stopped;
  }

  /** A commit under `epoch` may be sent; under 0, while it is opening, where it begins. */
  mayCommit(epoch: number): boolean {
    return this.#epoch === epoch && ['opening', 'open', 'draining'].includes(this.#state);
  }

  /** The position is known. @returns the epoch that begins */
  open(position: number): number {
    this.#enter('open');
    return this.#begin(position);
  }

  /** Reads again from `position`. @returns the epoch that begins; null when it is not open */
  reopen(position: number): number | null {
    return this.#state === 'open' ? this.#begin(position) : null;
  }

  /** Bytes up to `position` were taken over. */
  advance(position: number): void {
    this.#position = position;
    this.failures = 0;
  }

  get topicId(): string | null {
    return this.#topicId;
  }

  /** What Kafka calls the topic's id now. @returns false when the position is one of another topic of this name */
  isOf(topicId: string): boolean {
    if (topicId === zeroUuid) return true; // not told, or the topic is not there at the moment
    this.#topicId ??= topicId;
    return this.#topicId === topicId;
  }

  /** Whoever found it, over all epochs. @returns how many times in a row the bytes at `offset` were damaged */
  foundDamaged(offset: number): number {
    const reads = this.#damage.offset === offset ? this.#damage.reads + 1 : 1;
    this.#damage = { offset, reads };
    return reads;
  }

  /** Not read any more; what was read may still be committed. */
  stop(): void {
    this.#stopped = true;
  }

  drain(): void {
    this.#enter('draining');
  }

  lose(): void {
    this.#enter('lost');
  }

  close(): void {
    this.#enter('closed');
  }

  #begin(position: number): number {
    this.#position = position;
    this.#epoch = ++lastEpoch;
    this.failures = 0;
    this.notBefore = Number.NEGATIVE_INFINITY;
    return this.#epoch;
  }

  #enter(state: PartitionState): void {
    if (!next[this.#state].includes(state)) {
      throw new Error(`${this.topic}/${this.partition} cannot go from ${this.#state} to ${state}`);
    }
    this.#state = state;
  }
}
