/**
 * One share of a partition under one epoch, on its way through one thread; a partition that is not split has one share.
 * What the flags mean for the fetch: `dispatcher.ts`.
 */
import { partitionKey, type Share, shareKey } from '../core/record-set.ts';
import type { Opening } from '../core/thread-messages.ts';
import { InFlight } from './in-flight.ts';
import type { ThreadSlot } from './thread-slot.ts';

export interface Flow extends Required<Share> {
  /** Its `partitionKey`. */
  readonly key: string;
  /** Its `shareKey`. */
  readonly shareKey: string;
  readonly epoch: number;
  readonly slot: ThreadSlot;
  /** Aborted when it is given up or replaced by another epoch. */
  readonly ended: AbortController;
  /** Goes with the first set, then null. */
  opening: Opening | null;
  /** What its thread was told of it: a successor has to hear it again, unless the partition is opened anew. */
  told: Opening | null;
  readonly inFlight: InFlight;
  /** Offsets that wait for an operator. */
  readonly held: Set<number>;
  /** Sets that the thread gave back unfinished. */
  readonly stale: Set<number>;
  /** Found when its thread died, for the next epoch. */
  suspects: Opening['suspects'];
  /** Its partition was refused a fetch and is not half empty since. */
  full: boolean;
  /** Sets of it are gone with their thread. */
  lost: boolean;
  draining: boolean;
  /** Its thread was told that the partition is there, and has not said that its `onRevoked` is over. */
  followed: boolean;
  /** `onRevoked` failed. */
  revokedBadly: boolean;
  /** It holds bytes that do not decode: it waits to be read again, or for ever. */
  corrupt: boolean;
}

export function newFlow(of: Share, epoch: number, slot: ThreadSlot, opening: Opening | null): Flow {
  const { topic, partition, share = 0 } = of;
  return {
    topic,
    partition,
    share,
    key: partitionKey(of),
    shareKey: shareKey(of),
    epoch,
    slot,
    ended: new AbortController(),
    opening,
    told: null,
    inFlight: new InFlight(),
    held: new Set(),
    stale: new Set(),
    suspects: [],
    full: false,
    lost: false,
    draining: false,
    followed: false,
    revokedBadly: false,
    corrupt: false,
  };
}

/** For the other stages. */
export function shareOf({ topic, partition, share }: Flow): Share {
  return { topic, partition, share };
}
