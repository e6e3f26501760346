/**
 * A member of a classic consumer group. What it holds it keeps while it joins again, and gives up only what it is not
 * given any more:
 *
 *             ┌───────────────────── 27, topics grew ──────────────────────┐
 *             ▼                                                            │
 *   joining (JoinGroup, SyncGroup; heartbeats go on) ──▶ takes what is new ┴▶ stable
 *             ▲                                              │ something is not ours any more
 *             └──────────── drained and committed ◀── releasing (the rest goes on)
 *
 *   22, 25, session over, at any time: everything is lost, and it joins with nothing
 *   leave(): everything is released, whatever else is under way, then the group is left
 *   the group has agreed on an assignor that is not cooperative: everything is released before it joins; when it
 *   hears of that only with the answer to JoinGroup, what it holds is lost, for it may be somebody else's already
 *
 * Invariants: heartbeats go on while there is an identity. Commits carry the identity; the broker accepts the old
 * generation until the new one is formed, refuses it from then on, and accepts the new one after SyncGroup.
 */

import type { Emit } from '../core/events.ts';
import { LoopWait } from '../core/loop-wait.ts';
import { partitionKey } from '../core/record-set.ts';
import { ClassicBeats } from './classic-beats.ts';
import { sayGoodbye } from './goodbye.ts';
import { Holdings } from './holdings.ts';
import { type Applicant, type Joined, type JoiningOptions, joinUntilDone } from './joining.ts';
import type { MemberIdentity, Membership, MembershipHooks } from './membership.ts';
import type { TopicWatch } from './topic-watch.ts';

export interface ClassicMembershipOptions extends Omit<JoiningOptions, 'wait'> {
  readonly emit: Emit;
  /** `shutdown.timeout`: how long a drain may take, if the group waits that long. */
  readonly drainBudgetMs: number;
  readonly hooks: MembershipHooks;
}

/** Why a stable time ended. */
type End = { readonly kind: 'again'; readonly reason: string } | { readonly kind: 'leaving' };

export class ClassicMembership implements Membership {
  readonly #options: ClassicMembershipOptions;
  readonly #wait: LoopWait;
  readonly #holdings: Holdings;
  #memberId = '';
  #identity: MemberIdentity | null = null;
  #beats: ClassicBeats | null = null;
  /** What the group deals with, as far as we know. */
  #cooperative: boolean = true;
  /** Resolved when the join has ended, and as soon as what was held is lost. Null while it does not join. */
  #joining: PromiseWithResolvers<void> | null = null;
  /** The generation after which the group waits for us to join without what we were not given; null when none does. */
  #owed: number | null = null;
  #end = Promise.withResolvers<End>();
  readonly #failed = Promise.withResolvers<never>();
  /** Aborted when it is left, abandoned or failed: no further round. */
  readonly #leaving = new AbortController();
  #running: Promise<void> | null = null;

  constructor(options: ClassicMembershipOptions) {
    this.#options = options;
    this.#wait = new LoopWait(options.emit, { group: options.group.name, loop: 'coordinator' });
    this.#holdings = new Holdings(options.hooks);
    this.#failed.promise.catch(() => {}); // told by run()
  }

  get identity(): MemberIdentity | null {
    return this.#identity;
  }

  run(): Promise<void> {
    this.#running = Promise.race([this.#run(), this.#failed.promise]);
    return this.#running;
  }

  hurry(): void {
    this.#beats?.hurry();
  }

  async renewed(former: MemberIdentity): Promise<boolean> {
    if (this.#identity === former) await this.#joining?.promise;
    return this.#identity !== null && this.#identity !== former;
  }

  refused(action: 'lost' | 'forgotten', reason: string): void {
    this.#lose(action, reason);
  }

  async leave(budgetMs: number): Promise<boolean> {
    this.#leaving.abort();
    const { all } = this.#holdings;
    if (all.length > 0) this.#state('draining', 'the consumer stops');
    // A JoinGroup that waits for the others goes on meanwhile: its answer brings the generation to commit under.
    const finished = await this.#holdings.release(all, this.#budgetMs(budgetMs), 'shutdown');
    await this.#part('the consumer stops');
    return finished && !this.#holdings.lost;
  }

  async abandon(): Promise<void> {
    this.#leaving.abort();
    this.#lose('lost', 'the group failed');
    await this.#part('the consumer failed');
  }

  async #run(): Promise<void> {
    for (let reason = 'started'; !this.#leaving.signal.aborted; ) {
      this.#end = Promise.withResolvers();
      const joined = await this.#join(reason);
      if (joined === null || this.#leaving.signal.aborted) return;
      if (this.#identity === null) continue; // lost again in the same moment
      const end = await this.#stay(joined);
      if (end.kind === 'leaving') return;
      reason = end.reason;
      if (!this.#cooperative) await this.#releaseAll(reason);
    }
  }

  /** @returns null when leaving */
  async #join(reason: string): Promise<Joined | null> {
    if (this.#identity === null || !this.#cooperative) this.#state('joining', reason);
    this.#joining = Promise.withResolvers();
    try {
      const options = { ...this.#options, wait: this.#wait };
      const joined = await joinUntilDone(options, this.#applicant(), reason);
      const leaving = this.#leaving.signal.aborted;
      // Whoever leaves enters only to commit what it still holds.
      if (joined !== null && !(leaving && this.#identity === null)) this.#enter(joined);
      return leaving ? null : joined;
    } finally {
      this.#joining.resolve();
      this.#joining = null;
    }
  }

  #applicant(): Applicant {
    return {
      memberId: () => this.#memberId,
      named: (memberId) => {
        this.#memberId = memberId;
      },
      claim: () => ({ owned: this.#holdings.all, generation: this.#identity?.generation ?? -1 }),
      agreed: ({ cooperative }) => {
        this.#cooperative = cooperative;
        if (!cooperative) this.#forfeit();
      },
      lost: (action, reason) => this.#lose(action, reason),
      over: this.#leaving.signal,
    };
  }

  #enter({ memberId, generation, watch }: Joined): void {
    this.#identity = { memberId, generation, instanceId: this.#options.group.instanceId };
    if (this.#beats === null) this.#beats = this.#startBeats(watch);
    else this.#beats.watch(watch);
  }

  /** Takes what is new, gives up what is not ours any more, and holds the rest until something ends it. */
  async #stay({ assignment, claimed, generation, withheld }: Joined): Promise<End> {
    const { clock, group } = this.#options;
    const end = this.#end;
    // Whoever gives something up joins again, which begins the second round; but a static member may have been away
    // in the first one, and has nothing to give up when it is back.
    const again = (reason: string): void => end.resolve({ kind: 'again', reason });
    const second = (): void => again('partitions wait for a second round');
    const patience = withheld === 0 ? null : clock.after(group.timeouts.rebalanceMs, second);
    this.#state('joined', `${assignment.length} partitions`, assignment.length);
    const gone = this.#holdings.notIn(assignment);
    this.#holdings.take(assignment);
    const given = new Set(assignment.map(partitionKey));
    const denied = !claimed.owned.every((partition) => given.has(partitionKey(partition)));
    // The group waits for us to say that we have given up what we said we owned, even if it was lost meanwhile; and
    // a static member may have come back into the generation that it owes that.
    const owes = this.#cooperative && (denied || this.#owed === generation);
    this.#owed = owes ? generation : null;
    if (owes) {
      await this.#holdings.release(gone, this.#budgetMs(this.#options.drainBudgetMs), 'revoked');
      again('partitions were given up');
    }
    return end.promise.finally(() => patience?.cancel());
  }

  async #releaseAll(reason: string): Promise<void> {
    const { all } = this.#holdings;
    if (all.length === 0) return;
    this.#state('draining', reason);
    await this.#holdings.release(all, this.#budgetMs(this.#options.drainBudgetMs), 'revoked');
  }

  /** Two heartbeats of room: one until we heard of the rebalance, one to join. */
  #budgetMs(wantedMs: number): number {
    const { rebalanceMs, heartbeatMs } = this.#options.group.timeouts;
    return Math.min(wantedMs, Math.max(0, rebalanceMs - 2 * heartbeatMs));
  }

  #startBeats(watch: TopicWatch): ClassicBeats {
    const options = {
      ...this.#options,
      wait: this.#wait,
      identity: () => this.#identity,
      joining: () => this.#joining !== null,
      ender: () => {
        const end = this.#end;
        return (reason: string) => end.resolve({ kind: 'again', reason });
      },
      lost: (action: 'lost' | 'forgotten', reason: string) => this.#lose(action, reason),
      failed: (error: unknown) => this.#fail(error),
    };
    return new ClassicBeats(options, watch);
  }

  /** At any time: what is under way in `revoked` ends by itself when its partitions are lost. */
  #lose(action: 'lost' | 'forgotten', reason: string): void {
    if (action === 'forgotten') this.#memberId = '';
    if (this.#identity === null) return;
    this.#resign();
    this.#holdings.lose(reason);
    // It joins already, or it does so now.
    if (this.#joining === null) this.#end.resolve({ kind: 'again', reason });
    else this.#joining.resolve();
  }

  /** The group deals without regard to what we hold. The identity stays, so that the join can go on. */
  #forfeit(): void {
    this.#holdings.lose('the group has agreed on an assignor that is not cooperative');
  }

  #fail(error: unknown): void {
    this.#leaving.abort();
    this.#lose('lost', 'the group failed');
    this.#end.resolve({ kind: 'leaving' });
    this.#failed.reject(error);
  }

  #resign(): void {
    this.#beats?.stop();
    this.#beats = null;
    this.#identity = null;
  }

  /** Ends the run, with nothing held any more. */
  async #part(reason: string): Promise<void> {
    const { coordinator, group } = this.#options;
    this.#end.resolve({ kind: 'leaving' });
    if (this.#joining !== null) await coordinator.interrupt();
    await this.#running?.catch(() => {}); // told by run()
    this.#resign();
    if (this.#memberId !== '' && group.instanceId === null) await sayGoodbye(coordinator, this.#memberId, reason);
    this.#memberId = '';
  }

  #state(state: 'joining' | 'joined' | 'draining', reason: string, assigned: number = 0): void {
    this.#options.emit('group.state', { group: this.#options.group.name, state, reason, assigned });
  }
}
