/**
 * A member of a group of the consumer protocol (KIP-848), and how it gets from its assignment to its target.
 *
 *            target has less                      reports without them
 *   stable ──────────────────▶ unrevoked ─────────────────────────────┐
 *     ▲  └── target has more ─────────────────────────────────────────▼
 *     └──── all of the target is free ──── (its epoch becomes the target's) ──── some is not ──▶ unreleased
 *                    ▲                                                                              │
 *                    └───────────────────────── asked again with every heartbeat ◀──────────────────┘
 *
 * A partition has one holder at most: it is in `assigned` or `revoking` of one member only. It gets another one after
 * its holder has said that it does not own it any more.
 */
import type { Timer } from '../../core/clock.ts';
import type { PartitionId } from './partition-ids.ts';

export type MemberState = 'stable' | 'unrevoked' | 'unreleased';

export interface Subscription {
  readonly topics: readonly string[];
  /** As the client wrote it; empty for none. */
  readonly regex: string;
}

/** Where a member is on its way to the target. */
export interface MemberPosition {
  readonly state: MemberState;
  readonly epoch: number;
  /** The epoch before: the answer that brought the new one may have been lost. */
  readonly previousEpoch: number;
  /** With the epoch at which each was given: commits of that epoch and later ones are good. */
  readonly assigned: ReadonlyMap<PartitionId, number>;
  /** Asked back, and not given up yet. */
  readonly revoking: ReadonlySet<PartitionId>;
}

export interface ConsumerMember {
  /** Made up by the client. */
  readonly id: string;
  /** `group.instance.id` of a static member. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rackId: string | null;
  rebalanceTimeoutMs: number;
  subscription: Subscription;
  position: MemberPosition;
  sessionTimer: Timer | null;
  /** Runs while something is asked back. */
  rebalanceTimer: Timer | null;
}

/** Of a member that has just come. */
export const beginning: MemberPosition = {
  state: 'stable',
  epoch: 0,
  previousEpoch: 0,
  assigned: new Map(),
  revoking: new Set(),
};

export interface Target {
  readonly epoch: number;
  readonly partitions: ReadonlySet<PartitionId>;
}

/**
 * One step towards the target; taken with each heartbeat.
 * @param owned what the member says it owns; null when it says nothing about it
 * @param held whether any member has the partition, or has not given it up yet
 */
export function step(
  at: MemberPosition,
  target: Target,
  owned: ReadonlySet<PartitionId> | null,
  held: (partition: PartitionId) => boolean,
): MemberPosition {
  if (at.state === 'stable' && at.epoch === target.epoch) return at;
  if (at.state === 'unrevoked' && owns(owned, at.revoking)) return at;
  const kept = new Map([...at.assigned].filter(([partition]) => target.partitions.has(partition)));
  const revoking = new Set([...at.assigned.keys()].filter((partition) => !kept.has(partition)));
  if (revoking.size > 0 && owns(owned, revoking)) return { ...at, state: 'unrevoked', assigned: kept, revoking };
  const missing = [...target.partitions].filter((partition) => !kept.has(partition));
  const free = missing.filter((partition) => !held(partition));
  return {
    state: free.length < missing.length ? 'unreleased' : 'stable',
    epoch: target.epoch,
    previousEpoch: at.epoch,
    assigned: new Map([...kept, ...free.map((partition) => [partition, target.epoch] as const)]),
    revoking: new Set(),
  };
}

/** Who says nothing may own everything. */
function owns(owned: ReadonlySet<PartitionId> | null, partitions: ReadonlySet<PartitionId>): boolean {
  return owned === null || !owned.isDisjointFrom(partitions);
}
