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
  /** Fetches in a row whose bytes were damaged. */
  damaged = 0;
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

  /** A commit under `epoch` may be sent. */
  mayCommit(epoch: number): boolean {
    return this.#epoch === epoch && (this.#state === 'open' || this.#state === 'draining');
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
    this.damaged = 0;
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
    this.damaged = 0;
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
