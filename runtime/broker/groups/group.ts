/**
 * A classic consumer group: who is in it, and in which generation.
 *
 *            first join               all are there, or           leader's SyncGroup
 *   Empty ──────────────▶ Preparing ──── time is over ──▶ Completing ─────────────────▶ Stable
 *     ▲                    Rebalance                       Rebalance                      │
 *     │  nobody is left       ▲  └──────────┐                 │                           │
 *     └───────────────────────┼─────────────┘                 │                           │
 *                             └── join, leave, session over ──┴───────────────────────────┘
 *
 * - PreparingRebalance: JoinGroups are held until every member has sent one; whoever has not when the largest rebalance
 *   timeout is over is dropped (a static member stays, its session decides). The generation still is the old one.
 * - CompletingRebalance: the new generation exists; SyncGroups are held until the leader's brings the assignments.
 * - Stable: every member has, or may fetch, its assignment.
 * - Dead: deleted, answers nobody.
 *
 * The generation changes only when PreparingRebalance ends. Requests are answered in `join.ts`, `sync.ts`, `leave.ts`;
 * this file owns the state and moves it.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { joinAnswer, syncAnswer } from './generation-answers.ts';
import { JoinWindow } from './join-window.ts';
import { type JoinAnswer, joinError, type Member, noBytes, release, type SyncAnswer, syncError } from './member.ts';
import { PromisedIds } from './promised-ids.ts';
import { chooseProtocol } from './protocol-choice.ts';
import { Roster } from './roster.ts';

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

export class Group {
  readonly id: string;
  readonly #clock: Clock;
  readonly #joinWindow: JoinWindow;
  #state: GroupState = 'Empty';
  #generation = 0;
  #protocolType: string | null = null;
  #protocolName: string | null = null;
  readonly #roster = new Roster();
  readonly #promised: PromisedIds;
  readonly #unsynced = new Set<string>(); // members of this generation without a SyncGroup
  #syncTimer: Timer | null = null;

  /** @param initialDelayMs Kafka's `group.initial.rebalance.delay.ms` */
  constructor(id: string, clock: Clock, initialDelayMs: number) {
    this.id = id;
    this.#clock = clock;
    this.#joinWindow = new JoinWindow(clock, initialDelayMs);
    this.#promised = new PromisedIds(clock);
  }

  get state(): GroupState {
    return this.#state;
  }

  get generation(): number {
    return this.#generation;
  }

  get protocolType(): string | null {
    return this.#protocolType;
  }

  get protocolName(): string | null {
    return this.#protocolName;
  }

  get leaderId(): string | null {
    return this.#roster.leaderId;
  }

  get members(): readonly Member[] {
    return this.#roster.all;
  }

  member(id: string): Member | undefined {
    return this.#roster.get(id);
  }

  staticMember(instanceId: string): Member | undefined {
    return this.#roster.withInstance(instanceId);
  }

  /** Gives out an id that must be used within the session timeout (error 79, KIP-394). */
  promise(memberId: string, sessionTimeoutMs: number): void {
    this.#promised.give(memberId, sessionTimeoutMs, () => this.#completeJoinIfAllCame());
  }

  /** The id will not be used: whoever waited for it need not any more. @returns as `takePromise` */
  withdrawPromise(memberId: string): boolean {
    const taken = this.takePromise(memberId);
    this.#completeJoinIfAllCame();
    return taken;
  }

  /** @returns whether the id was given out and not used yet */
  takePromise(memberId: string): boolean {
    return this.#promised.take(memberId);
  }

  /** @param protocolType of the first member; the others were checked to have the same */
  add(member: Member, protocolType: string): void {
    if (this.#roster.size === 0) this.#protocolType = protocolType;
    this.#roster.add(member);
    this.#joinWindow.memberJoined();
  }

  /** A static member came back under a new id: it takes over place and assignment, the old id is fenced. */
  replace(old: Member, successor: Member): void {
    release(old, kafkaErrors.FENCED_INSTANCE_ID);
    this.#unsynced.delete(old.id);
    this.#roster.replace(old, successor);
  }

  /** Takes a member out and lets the others share what it had. */
  remove(member: Member): void {
    release(member, kafkaErrors.UNKNOWN_MEMBER_ID);
    this.#unsynced.delete(member.id);
    this.#roster.remove(member);
    if (this.#state === 'Stable' || this.#state === 'CompletingRebalance') this.prepareRebalance();
    else this.#completeJoinIfAllCame();
  }

  /** Holds the member's JoinGroup; a rebalance begins unless one is being prepared. */
  holdJoin(member: Member): Promise<JoinAnswer> {
    member.sessionTimer?.cancel();
    member.joining?.(joinError(kafkaErrors.REBALANCE_IN_PROGRESS, member.id)); // it was sent again
    const { promise, resolve } = Promise.withResolvers<JoinAnswer>();
    member.joining = resolve;
    if (this.#state === 'PreparingRebalance') this.#completeJoinIfAllCame();
    else this.prepareRebalance();
    return promise;
  }

  /** @param assignments from the leader; null from the others */
  holdSync(member: Member, assignments: ReadonlyMap<string, Buffer> | null): Promise<SyncAnswer> {
    member.sessionTimer?.cancel();
    member.syncing?.(syncError(kafkaErrors.REBALANCE_IN_PROGRESS));
    const { promise, resolve } = Promise.withResolvers<SyncAnswer>();
    member.syncing = resolve;
    this.#unsynced.delete(member.id);
    if (assignments !== null) this.#becomeStable(assignments);
    return promise;
  }

  #becomeStable(assignments: ReadonlyMap<string, Buffer>): void {
    this.#state = 'Stable';
    for (const member of this.members) {
      // A copy: the bytes are a view into the leader's request.
      member.assignment = Buffer.from(assignments.get(member.id) ?? noBytes);
      if (member.syncing === null) continue;
      member.syncing(syncAnswer(this, member));
      member.syncing = null;
      this.startSession(member);
    }
    this.#stopWaitingIfAllSynced();
  }

  /** A SyncGroup came while the group is stable. */
  synced(member: Member): void {
    this.startSession(member);
    this.#unsynced.delete(member.id);
    this.#stopWaitingIfAllSynced();
  }

  #stopWaitingIfAllSynced(): void {
    if (this.#unsynced.size === 0) this.#syncTimer?.cancel();
  }

  /** (Re)starts the session of a member: without a sign of life until then it is taken out. */
  startSession(member: Member): void {
    member.sessionTimer?.cancel();
    member.sessionTimer = this.#clock.after(member.sessionTimeoutMs, () => this.remove(member));
  }

  prepareRebalance(): void {
    for (const member of this.members) {
      if (this.#state === 'CompletingRebalance') member.assignment = noBytes;
      if (member.syncing === null) continue;
      member.syncing(syncError(kafkaErrors.REBALANCE_IN_PROGRESS));
      member.syncing = null;
      this.startSession(member);
    }
    this.#syncTimer?.cancel();
    this.#unsynced.clear();
    const wasEmpty = this.#state === 'Empty';
    this.#state = 'PreparingRebalance';
    this.#waitForJoins(wasEmpty);
  }

  #waitForJoins(wasEmpty: boolean): void {
    this.#joinWindow.open(this.#roster.rebalanceTimeoutMs, wasEmpty, () => this.#completeJoin());
    this.#completeJoinIfAllCame();
  }

  #completeJoinIfAllCame(): void {
    if (this.#state !== 'PreparingRebalance' || this.#joinWindow.delaying || this.#promised.size > 0) return;
    if (this.members.every((m) => m.joining !== null)) this.#completeJoin();
  }

  #completeJoin(): void {
    this.#joinWindow.close();
    for (const late of this.members.filter((m) => m.joining === null && m.instanceId === null)) {
      late.sessionTimer?.cancel();
      this.#roster.remove(late);
    }
    const present = this.members.filter((m) => m.joining !== null);
    if (present.length > 0) this.#beginGeneration(present);
    else if (this.#roster.size === 0) this.#becomeEmpty();
    else this.#waitForJoins(false); // for static members, whose sessions are not over
  }

  /** @param present who has joined; static members that have not keep their place */
  #beginGeneration(present: readonly Member[]): void {
    this.#generation++;
    this.#roster.leadBy(present);
    this.#protocolName = chooseProtocol(this.members);
    this.#state = 'CompletingRebalance';
    for (const member of this.members) {
      this.#unsynced.add(member.id);
      this.startSession(member);
      member.joining?.(joinAnswer(this, member));
      member.joining = null;
    }
    this.#syncTimer = this.#clock.after(this.#roster.rebalanceTimeoutMs, () => this.#dropUnsynced());
  }

  #becomeEmpty(): void {
    this.#generation++;
    this.#state = 'Empty';
    this.#protocolName = null;
  }

  /** A member that joined must sync as well, or the others would wait for it for ever. */
  #dropUnsynced(): void {
    for (const id of [...this.#unsynced]) {
      const member = this.#roster.get(id);
      if (member !== undefined) this.remove(member);
    }
  }

  /** Stops all timers and answers all who wait. */
  die(): void {
    for (const member of this.members) {
      release(member, kafkaErrors.COORDINATOR_NOT_AVAILABLE);
      this.#roster.remove(member);
    }
    this.#joinWindow.close();
    this.#syncTimer?.cancel();
    this.#promised.clear();
    this.#state = 'Dead';
  }
}
