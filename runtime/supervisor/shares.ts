/**
 * Deals the record sets of a partition out to the threads that share it (`concurrency.split: workers`): each gets a copy
 * of the bytes and runs the records whose keys are its own (`worker/own-share.ts`). A partition that is not split has
 * one share, which gets what was fetched as it is.
 *
 *   fetched   [10 · · 19] [20 · · 29] [30 · · 39]
 *   share 0                                       next = 40
 *   share 1                                       next = 40
 *
 *   the thread of share 1 died, its checkpoint is 23: the partition is read again from 23, for share 1 only
 *   share 0                               [40 · · 49] …
 *   share 1          [23 · 29] [30 · · 39] [40 · · 49] …
 *
 * Invariants: every share gets every offset once per epoch of its own, in order. The partition is read from the lowest
 * `next`. A share keeps its epoch while another one is read again: nothing of it is aborted, and nothing runs twice.
 */
import type { BytesPool } from '../core/bytes-pool.ts';
import type { ProgressPool } from '../core/progress.ts';
import { partitionKey, type RecordSet, type Share, type TopicPartition } from '../core/record-set.ts';

interface Dealt {
  /** Of the partition: sets of an older one were fetched before it was read again. */
  epoch: number;
  /** By share: the epoch it was opened under, and the next offset that it gets. */
  readonly shares: { epoch: number; next: number }[];
}

/** Copies have numbers of their own: below zero, where those of the consumer never are. */
let lastCopyId = 0;

export class Shares {
  readonly #count: number;
  readonly #pool: ProgressPool;
  readonly #bytes: BytesPool;
  readonly #dealt = new Map<string, Dealt>();

  /** @param count threads that share each partition: `concurrency.shares` */
  constructor(count: number, pool: ProgressPool, bytes: BytesPool) {
    this.#count = count;
    this.#pool = pool;
    this.#bytes = bytes;
  }

  /** A partition begins. @returns all its shares */
  open({ topic, partition }: TopicPartition, epoch: number, position: number): readonly Share[] {
    const shares = Array.from({ length: this.#count }, () => ({ epoch, next: position }));
    this.#dealt.set(partitionKey({ topic, partition }), { epoch, shares });
    return shares.map((_, share) => ({ topic, partition, share }));
  }

  /** The share needs everything from its checkpoint on again. */
  rewind({ share = 0, ...partition }: Share, checkpoint: number): void {
    const mine = this.#dealt.get(partitionKey(partition))?.shares[share];
    if (mine !== undefined) mine.next = checkpoint;
  }

  /** Where the partition has to be read, so that every share gets what it lacks. */
  position(partition: TopicPartition): number {
    const dealt = this.#dealt.get(partitionKey(partition));
    return Math.min(...(dealt?.shares ?? []).map(({ next }) => next));
  }

  /** The partition is read again, under a new epoch of its own and of this share. */
  reopen({ share = 0, ...partition }: Share, epoch: number): void {
    const dealt = this.#dealt.get(partitionKey(partition));
    if (dealt === undefined) return;
    dealt.epoch = epoch;
    dealt.shares[share]!.epoch = epoch;
  }

  forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#dealt.delete(partitionKey(partition));
  }

  /** @returns what each share gets of a fetched set; the set itself is nobody else's any more */
  deal(set: RecordSet): readonly RecordSet[] {
    if (this.#count === 1) return [set];
    const dealt = this.#dealt.get(partitionKey(set));
    const lacking = dealt?.epoch === set.epoch ? this.#lacking(dealt, set.lastOffset) : [];
    const parts = lacking.map((share, nr) => {
      const { epoch, next } = dealt!.shares[share]!;
      dealt!.shares[share]!.next = set.lastOffset + 1;
      const firstOffset = Math.max(set.firstOffset, next);
      const last = nr === lacking.length - 1;
      return {
        ...set,
        ...{ id: last ? set.id : --lastCopyId, share, epoch, firstOffset },
        bytes: last ? set.bytes : this.#copy(set),
        progress: this.#pool.take(set.lastOffset - firstOffset + 1),
      };
    });
    this.#pool.give(set.progress);
    return parts;
  }

  #lacking({ shares }: Dealt, lastOffset: number): readonly number[] {
    return [...shares.keys()].filter((share) => shares[share]!.next <= lastOffset);
  }

  #copy({ bytes, byteLength }: RecordSet): ArrayBuffer {
    const copy = this.#bytes.take(byteLength);
    new Uint8Array(copy).set(new Uint8Array(bytes, 0, byteLength));
    return copy;
  }
}
