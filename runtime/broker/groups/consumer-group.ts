/**
 * A group of the consumer protocol (KIP-848): the broker deals the partitions, each member walks to its part at its own
 * pace, told by its heartbeats.
 *
 *   epoch            raised when members, subscriptions or their topics change
 *   target epoch     the epoch for which the partitions were last dealt: with the next heartbeat after a change
 *   member epochs    where each member is; the target's once it has given up what is not its any more
 *
 *   Empty ──first member──▶ Assigning ──heartbeat──▶ Reconciling ──all at the target──▶ Stable
 *     ▲                        ▲ epoch above the target's      └────── a change ────────────┘
 *     └── nobody is left ──────┘
 *
 * Invariant: a partition has one holder at most (`consumer-member.ts`). Requests are answered in
 * `consumer-heartbeat.ts`; this file owns the members and deals.
 */
import type { Clock } from '../../core/clock.ts';
import type { Topic } from '../topics.ts';
import { type ConsumerMember, step, type Target } from './consumer-member.ts';
import { toRegex } from './heartbeat-request.ts';
import { type PartitionId, partitionId } from './partition-ids.ts';
import { dealUniformly } from './uniform-assignor.ts';

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

const nothing: ReadonlySet<PartitionId> = new Set();

export class ConsumerGroup {
  readonly id: string;
  readonly #clock: Clock;
  readonly #sessionTimeoutMs: number;
  readonly #members = new Map<string, ConsumerMember>();
  #epoch = 1;
  #targetEpoch = 0;
  #target: ReadonlyMap<string, ReadonlySet<PartitionId>> = new Map();
  /** The topics that members are subscribed to, and how many partitions they had, when they were last looked at. */
  #topicsSeen = '';

  /** @param sessionTimeoutMs Kafka's `group.consumer.session.timeout.ms` */
  constructor(id: string, clock: Clock, sessionTimeoutMs: number) {
    this.id = id;
    this.#clock = clock;
    this.#sessionTimeoutMs = sessionTimeoutMs;
  }

  get state(): ConsumerGroupState {
    if (this.#members.size === 0) return 'Empty';
    if (this.#epoch > this.#targetEpoch) return 'Assigning';
    const there = this.members.every(({ position }) => {
      return position.state === 'stable' && position.epoch === this.#targetEpoch;
    });
    return there ? 'Stable' : 'Reconciling';
  }

  get epoch(): number {
    return this.#epoch;
  }

  get targetEpoch(): number {
    return this.#targetEpoch;
  }

  get members(): readonly ConsumerMember[] {
    return [...this.#members.values()];
  }

  member(id: string): ConsumerMember | undefined {
    return this.#members.get(id);
  }

  staticMember(instanceId: string): ConsumerMember | undefined {
    return this.members.find((member) => member.instanceId === instanceId);
  }

  targetOf({ id }: ConsumerMember): ReadonlySet<PartitionId> {
    return this.#target.get(id) ?? nothing;
  }

  add(member: ConsumerMember): void {
    this.#members.set(member.id, member);
  }

  /** A static member came back under a new id: it takes over what the old one had; nobody else notices. */
  replace(old: ConsumerMember, successor: ConsumerMember): void {
    stopTimers(old);
    this.#members.delete(old.id);
    this.#members.set(successor.id, successor);
    const target = new Map(this.#target);
    target.set(successor.id, this.targetOf(old));
    target.delete(old.id);
    this.#target = target;
  }

  /** What it had is free; the others get it when they ask next. */
  remove(member: ConsumerMember): void {
    stopTimers(member);
    this.#members.delete(member.id);
    this.#epoch++;
  }

  /**
   * Deals the partitions out anew when something has changed since the last deal.
   * @param subscriptionChanged whether a member has come, or has changed its mind
   */
  arrange(topics: readonly Topic[], subscriptionChanged: boolean): void {
    const subscribed = new Map(this.members.map((member) => [member.id, topicsOf(member, topics)]));
    const all = [...new Set([...subscribed.values()].flat())];
    const seen = all.map(({ id, partitions }) => partitionId(id, partitions.length)).sort();
    if (subscriptionChanged || seen.join() !== this.#topicsSeen) this.#epoch++;
    this.#topicsSeen = seen.join();
    if (this.#epoch === this.#targetEpoch) return;
    const wanted = [...subscribed].map(([id, of]) => [id, new Set(of.flatMap(partitionsOf))] as const);
    this.#target = dealUniformly(new Map(wanted), this.#target);
    this.#targetEpoch = this.#epoch;
  }

  /** Whether a member is subscribed to the topic. */
  reads(topic: string): boolean {
    return this.members.some((member) => isSubscribed(member, topic));
  }

  /** Lets the member go on towards its target. @param owned null: it says nothing about it */
  advance(member: ConsumerMember, owned: ReadonlySet<PartitionId> | null): void {
    const target: Target = { epoch: this.#targetEpoch, partitions: this.targetOf(member) };
    const held = (partition: PartitionId): boolean =>
      this.members.some(({ position }) => position.assigned.has(partition) || position.revoking.has(partition));
    const before = member.position;
    member.position = step(before, target, owned, held);
    if (member.position !== before) this.#watchRevocation(member);
  }

  /** (Re)starts the session of a member: without a heartbeat until then it is taken out. */
  startSession(member: ConsumerMember): void {
    member.sessionTimer?.cancel();
    member.sessionTimer = this.#clock.after(this.#sessionTimeoutMs, () => this.remove(member));
  }

  /** Who does not give up in time what was asked back is taken out: others wait for it. */
  #watchRevocation(member: ConsumerMember): void {
    member.rebalanceTimer?.cancel();
    member.rebalanceTimer = null;
    if (member.position.state !== 'unrevoked') return;
    member.rebalanceTimer = this.#clock.after(member.rebalanceTimeoutMs, () => this.remove(member));
  }

  /** Stops all timers. */
  close(): void {
    for (const member of this.members) stopTimers(member);
    this.#members.clear();
  }
}

function stopTimers(member: ConsumerMember): void {
  member.sessionTimer?.cancel();
  member.rebalanceTimer?.cancel();
}

function topicsOf(member: ConsumerMember, topics: readonly Topic[]): readonly Topic[] {
  return topics.filter(({ name }) => isSubscribed(member, name));
}

function isSubscribed({ subscription }: ConsumerMember, topic: string): boolean {
  return subscription.topics.includes(topic) || toRegex(subscription.regex)?.test(topic) === true;
}

function partitionsOf({ id, partitions }: Topic): readonly PartitionId[] {
  return partitions.map((_, index) => partitionId(id, index));
}
