/**
 * A member of a classic consumer group, eager: everything is given up before it joins again.
 *
 *            ┌────────────────────────────────────────────────────────────┐
 *            ▼                                                            │ finished and committed, or out of time
 *   (find coordinator) → joining → syncing → stable ──27 or topics grew──▶ draining
 *            ▲                                │                            │
 *            └────────────────────────────────┴──22, 25, session over──────┘ lost: nothing is committed
 *
 *   leave(): stable → draining → left; while joining the wait is broken off → left
 *
 * Invariant: partitions are owned only in stable and draining, and heartbeats go on in both. The old generation is
 * accepted by the broker until the new one is formed, which it cannot be before we join (or our session is over).
 */

import { backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { LoopWait } from '../core/loop-wait.ts';
import type { Random } from '../core/random.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { DrainReason } from '../core/stages.ts';
import type { Cluster } from '../kafka/cluster.ts';
import { heartbeat } from '../protocol/heartbeat.ts';
import { leaveGroup } from '../protocol/leave-group.ts';
import type { Coordinator } from './coordinator.ts';
import { Heartbeat, type HeartbeatVerdict } from './heartbeat.ts';
import { joinRound } from './join-round.ts';
import type { MemberIdentity, Membership, MembershipHooks } from './membership.ts';
import { retryBackoff } from './retry-backoff.ts';
import { TopicWatch } from './topic-watch.ts';

/** A broker that does not answer must not hold up a stop: the session ends by itself. */
const leaveTimeoutMs = 3000;

export interface ClassicMembershipOptions {
  readonly group: GroupSettings;
  readonly coordinator: Coordinator;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** `shutdown.timeout`: how long a drain may take, if the group waits that long. */
  readonly drainBudgetMs: number;
  readonly hooks: MembershipHooks;
}

/** Beyond the rebalance timeout, at which the broker answers a JoinGroup at the latest. */
const joinGraceMs = 5_000;

/** Why a stable time ended. */
type End =
  | { readonly kind: 'rebalance'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'leaving'; readonly budgetMs: number }
  | { readonly kind: 'failed'; readonly error: unknown };

export class ClassicMembership implements Membership {
  readonly #options: ClassicMembershipOptions;
  readonly #wait: LoopWait;
  #memberId = '';
  #identity: MemberIdentity | null = null;
  #owned: readonly TopicPartition[] = [];
  #heartbeat: Heartbeat | null = null;
  #end = Promise.withResolvers<End>();
  /** Aborted by `leave()` and `abandon()`. */
  readonly #leaving = new AbortController();
  #leaveBudgetMs = 0;
  #running: Promise<void> | null = null;
  /** Whether everything was finished when it was last given up. */
  #finished: boolean = true;

  constructor(options: ClassicMembershipOptions) {
    this.#options = options;
    this.#wait = new LoopWait(options.emit, { group: options.group.name, loop: 'coordinator' });
  }

  get identity(): MemberIdentity | null {
    return this.#identity;
  }

  run(): Promise<void> {
    this.#running = this.#run();
    return this.#running;
  }

  hurry(): void {
    this.#heartbeat?.hurry();
  }

  refused(action: 'lost' | 'forgotten', reason: string): void {
    this.#lose(action, reason);
  }

  async leave(budgetMs: number): Promise<boolean> {
    this.#leaveBudgetMs = budgetMs;
    this.#leaving.abort();
    this.#end.resolve({ kind: 'leaving', budgetMs });
    // A JoinGroup that waits for other members would hold us for the whole rebalance.
    if (this.#identity === null) await this.#options.coordinator.interrupt();
    await this.#running?.catch(() => {}); // told by run()
    await this.#sayGoodbye('the consumer stops');
    return this.#finished;
  }

  async abandon(): Promise<void> {
    this.#leaving.abort();
    this.#lose('lost', 'the group failed');
    await this.#options.coordinator.interrupt();
    await this.#running?.catch(() => {}); // told by run()
    await this.#sayGoodbye('the consumer failed');
  }

  async #run(): Promise<void> {
    let reason = 'started';
    while (!this.#leaving.signal.aborted) {
      this.#state('joining', reason);
      const joined = await this.#join(reason);
      if (joined === null) return;
      const end = await this.#stay(joined.assignment, joined.watch);
      if (end.kind === 'failed') throw end.error;
      if (end.kind === 'leaving') return;
      reason = end.reason;
    }
  }

  /** @returns null when leaving */
  async #join(reason: string): Promise<Joined | null> {
    const { group, coordinator, cluster, clock, random } = this.#options;
    for (let failures = 0; !this.#leaving.signal.aborted; ) {
      this.#wait.began('the group was not joined', group.timeouts.rebalanceMs + joinGraceMs);
      const watch = new TopicWatch(cluster, group.topics);
      const round = await this.#attempt(() =>
        joinRound({ group, coordinator, watch, memberId: this.#memberId, reason }),
      );
      if (this.#leaving.signal.aborted) {
        if (round.kind === 'joined') this.#memberId = round.memberId;
        return null;
      }
      switch (round.kind) {
        case 'joined':
          this.#wait.over();
          this.#memberId = round.memberId;
          this.#identity = { memberId: round.memberId, generation: round.generation, instanceId: null };
          return { assignment: round.assignment, watch };
        case 'again':
          this.#memberId = round.memberId;
          if (round.atOnce) continue;
          await sleep(clock, backoffMs(retryBackoff, failures++, random), this.#leaving.signal);
          continue;
        default:
          return round satisfies never;
      }
    }
    return null;
  }

  /** What is wrong with the connection passes; the rest is for the caller of `run()`. */
  async #attempt(round: () => ReturnType<typeof joinRound>): ReturnType<typeof joinRound> {
    try {
      return await round();
    } catch (error) {
      this.#wait.failed(error);
      const passing = error instanceof KafkaError && error.retryable;
      if (!passing && !this.#leaving.signal.aborted) throw error;
      return { kind: 'again', memberId: this.#memberId, atOnce: false };
    }
  }

  /** Holds the assignment until something ends it, and gives it up. */
  async #stay(assignment: readonly TopicPartition[], watch: TopicWatch): Promise<End> {
    const { group, hooks } = this.#options;
    this.#owned = assignment;
    this.#end = Promise.withResolvers();
    this.#heartbeat = this.#startHeartbeat(watch);
    this.#state('joined', `${assignment.length} partitions`);
    hooks.assigned(assignment);
    if (this.#leaving.signal.aborted) this.#end.resolve({ kind: 'leaving', budgetMs: this.#leaveBudgetMs });
    const end = await this.#end.promise;
    if (end.kind === 'failed') this.#lose('lost', 'the group failed');
    if (end.kind === 'rebalance' || end.kind === 'leaving') {
      // Two heartbeats of room: one until we heard of the rebalance, one to join.
      const roomMs = Math.max(0, group.timeouts.rebalanceMs - 2 * group.timeouts.heartbeatMs);
      const budgetMs = end.kind === 'leaving' ? end.budgetMs : this.#options.drainBudgetMs;
      this.#state('draining', end.kind === 'leaving' ? 'the consumer stops' : end.reason);
      await this.#drain(Math.min(budgetMs, roomMs), end.kind === 'leaving' ? 'shutdown' : 'revoked');
    }
    this.#heartbeat.stop();
    this.#heartbeat = null;
    this.#identity = null;
    return end;
  }

  async #drain(budgetMs: number, reason: DrainReason): Promise<void> {
    if (this.#owned.length > 0) this.#finished = await this.#options.hooks.revoked(this.#owned, budgetMs, reason);
    this.#owned = [];
  }

  #startHeartbeat(watch: TopicWatch): Heartbeat {
    const { group, coordinator, clock } = this.#options;
    const end = this.#end;
    return new Heartbeat({
      clock,
      intervalMs: group.timeouts.heartbeatMs,
      sessionMs: group.timeouts.sessionMs,
      send: async (timeoutMs) => {
        const { memberId, generation, instanceId } = this.#identity!;
        const request = { groupId: group.name, generation, memberId, instanceId };
        this.#wait.began('no heartbeat was accepted');
        try {
          return (await coordinator.send(heartbeat, request, { timeoutMs })).errorCode;
        } catch (error) {
          this.#wait.failed(error);
          throw error;
        }
      },
      verdict: (verdict) => this.#judge(verdict, watch, end.resolve),
      findCoordinator: () => coordinator.forget(),
    });
  }

  #judge(verdict: HeartbeatVerdict, watch: TopicWatch, end: (end: End) => void): void {
    switch (verdict.kind) {
      case 'alive':
        this.#wait.over();
        void watch.changed().then((what) => what && end({ kind: 'rebalance', reason: what }));
        return;
      case 'rebalance':
        this.#wait.over();
        end({ kind: 'rebalance', reason: 'the group rebalances' });
        return;
      case 'lost':
      case 'forgotten':
        this.#lose(verdict.kind, verdict.reason);
        return;
      case 'failed':
        end(verdict);
        return;
      default:
        verdict satisfies never;
    }
  }

  /** From stable or draining: what is under way in `revoked` ends by itself when its partitions are lost. */
  #lose(action: 'lost' | 'forgotten', reason: string): void {
    if (this.#identity === null) return;
    this.#heartbeat?.stop();
    this.#identity = null;
    if (action === 'forgotten') this.#memberId = '';
    const owned = this.#owned;
    this.#owned = [];
    if (owned.length > 0) {
      this.#finished = false;
      this.#options.hooks.lost(owned, reason);
    }
    this.#end.resolve({ kind: 'lost', reason });
  }

  /** Others get our partitions now instead of after the session timeout. */
  async #sayGoodbye(reason: string): Promise<void> {
    const { group, coordinator } = this.#options;
    if (this.#memberId === '') return;
    const memberId = this.#memberId;
    this.#memberId = '';
    try {
      await coordinator.send(
        leaveGroup,
        { groupId: group.name, memberId, members: [{ memberId, instanceId: null, reason }] },
        { timeoutMs: leaveTimeoutMs },
      );
    } catch {
      // The broker notices by the session timeout; nothing here could make it sooner.
    }
  }

  #state(state: 'joining' | 'joined' | 'draining', reason: string): void {
    this.#options.emit('group.state', { group: this.#options.group.name, state, reason });
  }
}

interface Joined {
  readonly assignment: readonly TopicPartition[];
  readonly watch: TopicWatch;
}
