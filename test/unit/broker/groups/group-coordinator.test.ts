import { beforeEach, expect, test } from 'vitest';
import { GroupCoordinator } from '../../../../runtime/broker/groups/group-coordinator.ts';
import type { JoinRequest } from '../../../../runtime/broker/groups/join.ts';
import type { JoinAnswer, SyncAnswer } from '../../../../runtime/broker/groups/member.ts';
import type { MemberClaim } from '../../../../runtime/broker/groups/member-check.ts';
import { memoryStore } from '../../../../runtime/broker/storage/broker-store.ts';
import { seededRandom } from '../../../../runtime/core/random.ts';
import { zeroUuid } from '../../../../runtime/protocol/codec.ts';
import { kafkaErrors } from '../../../../runtime/protocol/error-codes.ts';
import { ManualClock } from '../../../../runtime/testing/manual-clock.ts';

const groupId = 'billing';
const settings = {
  ...{ minSessionTimeoutMs: 6_000, maxSessionTimeoutMs: 60_000, initialRebalanceDelayMs: 0 },
  ...{ consumerSessionTimeoutMs: 45_000, consumerHeartbeatIntervalMs: 5_000 },
};

let clock: ManualClock;
let groups: GroupCoordinator;

beforeEach(() => {
  clock = new ManualClock();
  groups = new GroupCoordinator(memoryStore, clock, seededRandom(1), settings);
});

function mayCommit(claim: MemberClaim): number {
  return groups.mayCommit(groupId, claim, 9)(zeroUuid, 0);
}

function joinRequest(memberId: string, overrides: Partial<JoinRequest> = {}): JoinRequest {
  return {
    memberId,
    instanceId: null,
    clientId: 'test',
    clientHost: '/127.0.0.1',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 30_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
    needsMemberId: true,
    canSkipAssignment: true,
    ...overrides,
  };
}

const join = async (memberId: string, overrides?: Partial<JoinRequest>): Promise<JoinAnswer> =>
  groups.join(groupId, joinRequest(memberId, overrides));

const sync = async (
  member: JoinAnswer,
  assignments: readonly (readonly [string, string])[] = [],
): Promise<SyncAnswer> =>
  groups.sync(groupId, {
    memberId: member.memberId,
    instanceId: null,
    generation: member.generation,
    protocolType: null,
    protocolName: null,
    assignments: new Map(assignments.map(([id, text]) => [id, Buffer.from(text)])),
  });

const claim = (member: JoinAnswer, instanceId: string | null = null) => ({
  memberId: member.memberId,
  generation: member.generation,
  instanceId,
});

const beat = (member: JoinAnswer): number => groups.heartbeat(groupId, claim(member));

/** Joins with the id that the first answer hands out, as every client since Kafka 2.2 does. */
async function enter(overrides?: Partial<JoinRequest>): Promise<JoinAnswer> {
  const { memberId, errorCode } = await join('', overrides);
  expect(errorCode).toBe(kafkaErrors.MEMBER_ID_REQUIRED);
  return join(memberId, overrides);
}

/** A stable group of one. */
async function alone(): Promise<JoinAnswer> {
  const member = await enter();
  expect((await sync(member, [[member.memberId, 'all']])).assignment.toString()).toBe('all');
  return member;
}

test('the first member leads generation 1 and gets the subscriptions', async () => {
  const member = await enter();
  expect(member).toMatchObject({ errorCode: 0, generation: 1, leader: member.memberId, protocolName: 'range' });
  expect(member.members.map((m) => m.metadata.toString())).toEqual(['subscription']);
});

test('a second member makes the first rejoin, and both sync into one generation', async () => {
  const first = await alone();
  const secondJoin = enter();
  await clock.turn();
  expect(beat(first)).toBe(kafkaErrors.REBALANCE_IN_PROGRESS);

  const again = await join(first.memberId);
  const second = await secondJoin;
  expect([again.generation, second.generation]).toEqual([2, 2]);
  expect(again.members).toHaveLength(2);
  expect(second.members).toHaveLength(0);

  const followerSync = sync(second);
  await sync(again, [
    [again.memberId, 'a'],
    [second.memberId, 'b'],
  ]);
  expect((await followerSync).assignment.toString()).toBe('b');
  expect(groups.get(groupId)?.state).toBe('Stable');
});

test('the old generation may commit until the new one is formed', async () => {
  const first = await alone();
  const secondJoin = enter();
  await clock.turn();
  expect(mayCommit(claim(first))).toBe(kafkaErrors.NONE);

  // The first member does not come back within its rebalance timeout, though it is alive.
  for (let i = 0; i < 6; i++) {
    await clock.advance(5_000);
    if (i < 5) expect(beat(first)).toBe(kafkaErrors.REBALANCE_IN_PROGRESS);
  }
  const second = await secondJoin;
  expect(second.generation).toBe(2);
  expect(mayCommit(claim(first))).toBe(kafkaErrors.UNKNOWN_MEMBER_ID);
});

test('a commit between join and sync is told to wait, one of another generation is refused', async () => {
  const member = await enter();
  expect(mayCommit(claim(member))).toBe(kafkaErrors.REBALANCE_IN_PROGRESS);
  await sync(member, [[member.memberId, 'all']]);
  expect(mayCommit({ ...claim(member), generation: 0 })).toBe(kafkaErrors.ILLEGAL_GENERATION);
});

test('a member that stays silent for its session timeout is taken out', async () => {
  const member = await alone();
  await clock.advance(9_999);
  expect(beat(member)).toBe(kafkaErrors.NONE);
  await clock.advance(9_999);
  expect(groups.get(groupId)?.members).toHaveLength(1);
  await clock.advance(1);
  expect(groups.get(groupId)?.state).toBe('Empty');
  expect(beat(member)).toBe(kafkaErrors.UNKNOWN_MEMBER_ID);
  expect(clock.pending).toBe(0);
});

test('a member that leaves makes the others rebalance at once', async () => {
  const first = await alone();
  const secondJoin = enter();
  await clock.turn();
  const again = await join(first.memberId);
  const second = await secondJoin;
  await sync(again, []);
  await sync(second);
  expect(groups.leave(groupId, { memberId: first.memberId, instanceId: null })).toBe(kafkaErrors.NONE);
  expect(beat(second)).toBe(kafkaErrors.REBALANCE_IN_PROGRESS);
  expect((await join(second.memberId)).leader).toBe(second.memberId);
});

test('a member that joins and never syncs does not hold the others for ever', async () => {
  const first = await alone();
  const secondJoin = enter();
  await clock.turn();
  const again = await join(first.memberId); // the leader, which now goes silent but for heartbeats
  const second = await secondJoin;
  const held = sync(second);
  for (let i = 0; i < 5; i++) {
    await clock.advance(6_000);
    beat(again);
  }
  expect((await held).errorCode).toBe(kafkaErrors.REBALANCE_IN_PROGRESS);
  expect(groups.get(groupId)?.member(again.memberId)).toBeUndefined();
});

test('a static member restarts into the same generation and assignment, and its old id is fenced', async () => {
  const old = await join('', { instanceId: 'pod-1' });
  await sync(old, [[old.memberId, 'all']]);
  const restarted = await join('', { instanceId: 'pod-1' });
  expect(restarted).toMatchObject({ errorCode: 0, generation: old.generation, skipAssignment: true });
  expect(restarted.memberId).not.toBe(old.memberId);
  expect((await sync(restarted)).assignment.toString()).toBe('all');
  expect(groups.heartbeat(groupId, claim(old, 'pod-1'))).toBe(kafkaErrors.FENCED_INSTANCE_ID);
  expect(mayCommit(claim(old, 'pod-1'))).toBe(kafkaErrors.FENCED_INSTANCE_ID);
});

test('a static member needs no id to join with, and its former id is refused wherever it is used', async () => {
  const old = await join('', { instanceId: 'pod-1' });
  expect(old.errorCode).toBe(kafkaErrors.NONE);
  await sync(old, [[old.memberId, 'all']]);
  await join('', { instanceId: 'pod-1' });
  expect((await join(old.memberId, { instanceId: 'pod-1' })).errorCode).toBe(kafkaErrors.FENCED_INSTANCE_ID);
  const late = { ...claim(old, 'pod-1'), protocolType: null, protocolName: null, assignments: new Map() };
  expect((await groups.sync(groupId, late)).errorCode).toBe(kafkaErrors.FENCED_INSTANCE_ID);
  const leaving = { memberId: old.memberId, instanceId: 'pod-1' };
  expect(groups.leave(groupId, leaving)).toBe(kafkaErrors.FENCED_INSTANCE_ID);
});

test('a static member that is away while the others rebalance finds what it was dealt when it is back', async () => {
  const away = await join('', { instanceId: 'pod-1', sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 10_000 });
  await sync(away, [[away.memberId, 'all']]);
  const other = { instanceId: 'pod-2', sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 10_000 };
  const joining = join('', other);
  await clock.advance(10_000);
  const leads = await joining;
  expect(leads).toMatchObject({ generation: 2, leader: leads.memberId });
  expect(leads.members).toHaveLength(2);
  await sync(leads, [
    [leads.memberId, 'mine'],
    [away.memberId, 'yours'],
  ]);
  const back = await join('', { instanceId: 'pod-1' });
  expect(back.generation).toBe(2);
  expect((await sync(back)).assignment.toString()).toBe('yours');
  expect(beat(leads)).toBe(kafkaErrors.NONE);
});

test('a static member is taken out by its instance id alone', async () => {
  await join('', { instanceId: 'pod-1' });
  expect(groups.leave(groupId, { memberId: '', instanceId: 'pod-2' })).toBe(kafkaErrors.UNKNOWN_MEMBER_ID);
  expect(groups.leave(groupId, { memberId: '', instanceId: 'pod-1' })).toBe(kafkaErrors.NONE);
  expect(groups.get(groupId)?.members).toHaveLength(0);
});

test('a protocol that not all members speak is refused', async () => {
  await alone();
  const other = { protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] };
  expect((await join('', other)).errorCode).toBe(kafkaErrors.INCONSISTENT_GROUP_PROTOCOL);
  expect((await join('', { protocolType: 'connect' })).errorCode).toBe(kafkaErrors.INCONSISTENT_GROUP_PROTOCOL);
});

test('a session timeout outside of the bounds is refused', async () => {
  expect((await join('', { sessionTimeoutMs: 5_999 })).errorCode).toBe(kafkaErrors.INVALID_SESSION_TIMEOUT);
  expect((await join('', { sessionTimeoutMs: 60_001 })).errorCode).toBe(kafkaErrors.INVALID_SESSION_TIMEOUT);
});

test('members that start together meet in one generation when the first rebalance is delayed', async () => {
  groups = new GroupCoordinator(memoryStore, clock, seededRandom(1), { ...settings, initialRebalanceDelayMs: 3_000 });
  const joins = [enter(), enter()];
  await clock.turn();
  await clock.advance(3_000); // one came after the other, so a third might too
  await clock.advance(3_000);
  const members = await Promise.all(joins);
  expect(members.map((m) => m.generation)).toEqual([1, 1]);
});

test('offsets are committed from outside only while nobody is in the group', async () => {
  const outside = { memberId: '', instanceId: null, generation: -1 };
  expect(groups.mayCommit('simple', outside, 9)(zeroUuid, 0)).toBe(kafkaErrors.NONE);
  await alone();
  expect(mayCommit(outside)).toBe(kafkaErrors.UNKNOWN_MEMBER_ID);
});

test('only a group without members is deleted', async () => {
  const member = await alone();
  expect(groups.delete(groupId)).toBe(kafkaErrors.NON_EMPTY_GROUP);
  groups.leave(groupId, { memberId: member.memberId, instanceId: null });
  expect(groups.delete(groupId)).toBe(kafkaErrors.NONE);
  expect(groups.delete(groupId)).toBe(kafkaErrors.GROUP_ID_NOT_FOUND);
});

test('closing answers held requests and leaves no timer', async () => {
  await alone();
  const held = enter();
  await clock.turn();
  groups.close();
  expect((await held).errorCode).toBe(kafkaErrors.COORDINATOR_NOT_AVAILABLE);
  expect(clock.pending).toBe(0);
});
