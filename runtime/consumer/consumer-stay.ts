/**
 * One membership of the consumer protocol, from the first beat to its end. `consumer-membership.ts` begins the next one.
 *
 *   (join) → beating ──25, 69, 110, commit refused, session over──▶ lost: nothing is committed
 *               ├──leave()──▶ everything is revoked while beats go on ──▶ left
 *               └──refused for good──▶ failed: lost as well
 *
 * Invariant: partitions are owned only while there is an identity, and beats go on as long as one is owned. The epoch
 * of the identity is that of the last answer: the broker refuses commits of other ones (113), and the next beat brings
 * the new one.
 */
import { LoopWait } from '../core/loop-wait.ts';
import { ConsumerBeats } from './consumer-beats.ts';
import { Heartbeat, type HeartbeatVerdict } from './heartbeat.ts';
import type { MemberIdentity, MembershipOptions } from './membership.ts';
import { Reconciler } from './reconciler.ts';

export interface StayOptions extends MembershipOptions {
  readonly memberId: string;
  readonly wait: LoopWait;
}

/** Why it ended. */
export type StayEnd =
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly error: unknown };

export class ConsumerStay {
  readonly beats: ConsumerBeats;
  readonly #options: StayOptions;
  readonly #topics: readonly string[];
  readonly #reconciler: Reconciler;
  #heartbeat: Heartbeat | null = null;
  #identity: MemberIdentity | null = null;
  readonly #end = Promise.withResolvers<StayEnd>();
  /** Whether everything was finished that was given up at the end. */
  #finished: boolean = true;

  constructor(options: StayOptions) {
    const { group, drainBudgetMs } = options;
    const { rebalanceMs, heartbeatMs } = group.timeouts;
    this.#options = options;
    this.#topics = group.topics.map(({ name }) => name);
    this.#reconciler = new Reconciler({
      ...options,
      topics: this.#topics,
      wait: new LoopWait(options.emit, { group: group.name, loop: 'topics' }),
      // Two beats of room: one that brings the revocation, one that acknowledges it.
      budgetMs: Math.min(drainBudgetMs, Math.max(0, rebalanceMs - 2 * heartbeatMs)),
      changed: () => this.#changed(),
      failed: (error) => this.#fail(error),
    });
    this.beats = new ConsumerBeats({ ...options, owned: () => this.#reconciler.owned });
  }

  get identity(): MemberIdentity | null {
    return this.#identity;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Call when the first beat was accepted. @returns why it ended, when nothing is owned any more */
  remain(): Promise<StayEnd> {
    this.#heartbeat = this.#startHeartbeat();
    if (this.beats.target.length === 0) this.#state('joined', '0 partitions');
    this.#alive();
    return this.#end.promise;
  }

  hurry(): void {
    this.#heartbeat?.hurry();
  }

  /** What is under way in `revoked` ends by itself when its partitions are lost. */
  lose(reason: string): void {
    if (this.#drop(reason)) this.#end.resolve({ kind: 'lost', reason });
  }

  async leave(budgetMs: number): Promise<void> {
    this.#state('draining', 'the consumer stops');
    const finished = await this.#reconciler.close(budgetMs);
    if (this.#identity === null) return; // lost meanwhile
    this.#finished = finished;
    this.#heartbeat?.stop();
    this.#identity = null;
    this.#end.resolve({ kind: 'left' });
  }

  #startHeartbeat(): Heartbeat {
    const { group, coordinator, clock, wait } = this.#options;
    const { beats } = this;
    return new Heartbeat({
      clock,
      request: 'consumerHeartbeat',
      get intervalMs() {
        return beats.intervalMs;
      },
      sessionMs: group.timeouts.sessionMs,
      instanceId: group.instanceId,
      send: async (timeoutMs) => {
        wait.began('no heartbeat was accepted');
        try {
          return await beats.send(timeoutMs);
        } catch (error) {
          wait.failed(error);
          throw error;
        }
      },
      verdict: (verdict) => this.#judge(verdict),
      findCoordinator: () => coordinator.forget(),
    });
  }

  #judge(verdict: HeartbeatVerdict): void {
    switch (verdict.kind) {
      case 'alive':
      case 'rebalance':
        this.#alive();
        return;
      case 'lost':
      case 'forgotten':
        this.lose(verdict.reason);
        return;
      case 'failed':
        this.#fail(verdict.error);
        return;
      default:
        verdict satisfies never;
    }
  }

  /** The broker has answered. */
  #alive(): void {
    const { cluster, group, memberId, wait } = this.#options;
    const { epoch, target } = this.beats;
    wait.over();
    if (this.#identity?.generation !== epoch) {
      this.#identity = { memberId, generation: epoch, instanceId: group.instanceId };
    }
    this.#reconciler.aim(target);
    // Asked for by age: a follower answers a fetch without an error and without records.
    cluster.partitionsOf(this.#topics).catch(() => {}); // the next beat asks again
  }

  #changed(): void {
    this.hurry();
    const { closed, owned } = this.#reconciler;
    if (!closed) this.#state('joined', `${owned.length} partitions`, owned.length);
  }

  #fail(error: unknown): void {
    if (this.#drop('the group failed')) this.#end.resolve({ kind: 'failed', error });
  }

  /** @returns false when it has ended before */
  #drop(reason: string): boolean {
    if (this.#identity === null) return false;
    this.#heartbeat?.stop();
    this.#identity = null;
    const owned = this.#reconciler.drop();
    if (owned.length > 0) {
      this.#finished = false;
      this.#options.hooks.lost(owned, reason);
    }
    return true;
  }

  #state(state: 'joined' | 'draining', reason: string, assigned: number = 0): void {
    this.#options.emit('group.state', { group: this.#options.group.name, state, reason, assigned });
  }
}
