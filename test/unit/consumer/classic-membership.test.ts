// How a member of a classic group joins, beats, gives up and leaves when the group deals with an assignor that is not
// cooperative, against a scripted coordinator in manual time. For the cooperative one see `cooperative-membership.test.ts`.
import { expect, test } from 'vitest';
import { writeAssignment } from '../../../runtime/protocol/consumer-protocol.ts';
import { kafkaErrors as k } from '../../../runtime/protocol/error-codes.ts';
import { heartbeat } from '../../../runtime/protocol/heartbeat.ts';
import { joinGroup } from '../../../runtime/protocol/join-group.ts';
import { syncGroup } from '../../../runtime/protocol/sync-group.ts';
import { joined, scene, timeouts } from './support/membership-scene.ts';
import { connectionError } from './support/scripted-client.ts';

const never = new Promise<never>(() => {});

test('takes the member id that it is given, deals as leader, and beats', async () => {
  const { clock, client, membership, story } = scene();
  let asked = 0;
  client.on(joinGroup, (request) =>
    asked++ === 0
      ? { errorCode: k.MEMBER_ID_REQUIRED, memberId: 'm-1', leader: '', members: [] }
      : joined(request.memberId, 4),
  );
  void membership.run();
  await clock.advance(0);
  expect(client.requests('JoinGroup').map(({ memberId }) => memberId)).toEqual(['', 'm-1']);
  expect(story).toEqual(['assigned a/0 a/1']);
  expect(membership.identity).toEqual({ memberId: 'm-1', generation: 4, instanceId: null });
  await clock.advance(9000);
  expect(client.requests('Heartbeat')).toHaveLength(3);
  expect(client.requests('Heartbeat')[0]).toEqual({ groupId: 'g', generation: 4, memberId: 'm-1', instanceId: null });
});

test('a follower sends no deal and takes its own part', async () => {
  const { clock, client, membership, story } = scene();
  client.on(joinGroup, () => ({ ...joined('me', 2), leader: 'other', members: [] }));
  const assignment = writeAssignment({ version: 0, topics: [{ name: 'a', partitions: [1] }], userData: null });
  client.on(syncGroup, () => ({ errorCode: 0, assignment }));
  void membership.run();
  await clock.advance(0);
  expect(client.requests('SyncGroup')[0].assignments).toEqual([]);
  expect(story).toEqual(['assigned a/1']);
  // It does not deal, but what it knows of the leaders must not grow old either.
  await clock.advance(9000);
  expect(client.requests('Metadata')).toHaveLength(1);
  await clock.advance(60_000);
  expect(client.requests('Metadata')).toHaveLength(2);
  expect(story).toEqual(['assigned a/1']);
});

test('a rebalance: finishes within the budget, beats meanwhile under the old generation, then joins', async () => {
  const { clock, client, membership, story, drain } = scene();
  void membership.run();
  await clock.advance(0);
  client.on(heartbeat, () => ({ errorCode: k.REBALANCE_IN_PROGRESS }));
  await clock.advance(3000);
  expect(story.at(-1)).toBe('revoked a/0 a/1 in 25000');
  const beats = client.requests('Heartbeat').length;
  await clock.advance(12_000);
  expect(
    client
      .requests('Heartbeat')
      .slice(beats)
      .map(({ generation }) => generation),
  ).toEqual([1, 1, 1, 1]);
  expect(client.requests('JoinGroup')).toHaveLength(1);
  expect(membership.identity?.generation).toBe(1);
  drain(true);
  await clock.advance(0);
  expect(client.requests('JoinGroup')).toHaveLength(2);
  expect(story).toEqual(['assigned a/0 a/1', 'revoked a/0 a/1 in 25000', 'assigned a/0 a/1']);
});

test('the budget leaves room for two heartbeats inside the rebalance timeout', async () => {
  const { clock, client, membership, story } = scene();
  client.on(heartbeat, () => ({ errorCode: k.REBALANCE_IN_PROGRESS }));
  void membership.run();
  await clock.advance(0);
  await clock.advance(3000);
  expect(story.at(-1)).toBe('revoked a/0 a/1 in 25000');
  expect(timeouts.rebalanceMs - 2 * timeouts.heartbeatMs).toBeGreaterThan(25_000);
  const hurried = scene();
  void hurried.membership.run();
  await hurried.clock.advance(0);
  const left = hurried.membership.leave(1_000_000);
  await hurried.clock.advance(0);
  expect(hurried.story.at(-1)).toBe('revoked a/0 a/1 in 54000');
  hurried.drain(true);
  expect(await left).toBe(true);
});

test.each([
  ['ILLEGAL_GENERATION', 'new'],
  ['UNKNOWN_MEMBER_ID', ''],
] as const)('%s: everything is lost at once, then it joins as "%s"', async (code, memberId) => {
  const { clock, client, membership, story } = scene();
  void membership.run();
  await clock.advance(0);
  client.on(heartbeat, () => ({ errorCode: k[code] }));
  await clock.advance(3000);
  expect(story).toEqual(['assigned a/0 a/1', 'lost a/0 a/1', 'assigned a/0 a/1']);
  expect(client.requests('JoinGroup')[1].memberId).toBe(memberId);
});

test('fenced while it drains: lost is told at once, and it joins when the drain has ended', async () => {
  const { clock, client, membership, story, drain } = scene();
  void membership.run();
  await clock.advance(0);
  client.on(heartbeat, () => ({ errorCode: k.REBALANCE_IN_PROGRESS }));
  await clock.advance(3000);
  client.on(heartbeat, () => ({ errorCode: k.UNKNOWN_MEMBER_ID }));
  await clock.advance(3000);
  expect(story.at(-1)).toBe('lost a/0 a/1');
  expect(membership.identity).toBe(null);
  drain(false);
  await clock.advance(0);
  expect(story.at(-1)).toBe('assigned a/0 a/1');
});

test('without an answer for a session the membership is lost, not before', async () => {
  const { clock, client, membership, story } = scene();
  void membership.run();
  await clock.advance(0);
  client.on(heartbeat, () => {
    throw connectionError();
  });
  await clock.advance(timeouts.sessionMs - 1);
  expect(story).toEqual(['assigned a/0 a/1']);
  await clock.advance(1);
  expect(story).toEqual(['assigned a/0 a/1', 'lost a/0 a/1', 'assigned a/0 a/1']);
});

test('the session counts from the last heartbeat that was answered', async () => {
  const { clock, client, membership, story } = scene();
  void membership.run();
  await clock.advance(0);
  await clock.advance(6000);
  client.on(heartbeat, () => {
    throw connectionError();
  });
  await clock.advance(timeouts.sessionMs - 1);
  expect(story).toEqual(['assigned a/0 a/1']);
  await clock.advance(1);
  expect(story).toContain('lost a/0 a/1');
});

test('a heartbeat that hangs does not outlive the session', async () => {
  const { clock, client, membership, story } = scene();
  void membership.run();
  await clock.advance(0);
  // The client gives up by the timeout that it was given; here nobody does, and the next beats wait behind it.
  let gaveUp = 0;
  client.on(heartbeat, () => {
    const { promise, reject } = Promise.withResolvers<never>();
    clock.after(timeouts.sessionMs / 3, () => {
      gaveUp++;
      reject(connectionError());
    });
    return promise;
  });
  await clock.advance(timeouts.sessionMs + timeouts.sessionMs / 3);
  expect(gaveUp).toBeGreaterThan(0);
  expect(story).toContain('lost a/0 a/1');
});

test('looks for the coordinator again when it has moved, and keeps its partitions', async () => {
  const { clock, client, membership, story } = scene();
  void membership.run();
  await clock.advance(0);
  let beats = 0;
  client.on(heartbeat, () => ({ errorCode: beats++ === 0 ? k.NOT_COORDINATOR : 0 }));
  await clock.advance(4000);
  expect(client.calls.filter((api) => api === 'FindCoordinator')).toHaveLength(2);
  expect(beats).toBe(2);
  expect(story).toEqual(['assigned a/0 a/1']);
});

test('a commit that was refused loses everything, too', async () => {
  const { clock, client, membership, story } = scene();
  void membership.run();
  await clock.advance(0);
  membership.refused('forgotten', 'commit refused');
  await clock.advance(0);
  expect(story).toEqual(['assigned a/0 a/1', 'lost a/0 a/1', 'assigned a/0 a/1']);
  expect(client.requests('JoinGroup')[1].memberId).toBe('');
});

test('the leader joins again when a topic has grown', async () => {
  const { clock, membership, story, state, drain } = scene();
  void membership.run();
  await clock.advance(0);
  state.partitionCount = 3;
  await clock.advance(59_000);
  expect(story).toHaveLength(1);
  await clock.advance(10_000);
  expect(story.at(-1)).toBe('revoked a/0 a/1 in 25000');
  drain(true);
  await clock.advance(0);
  expect(story.at(-1)).toBe('assigned a/0 a/1 a/2');
});

test('trouble with the coordinator is waited out', async () => {
  const { clock, client, membership, story } = scene();
  const troubles = [k.COORDINATOR_LOAD_IN_PROGRESS, k.NOT_COORDINATOR, k.REBALANCE_IN_PROGRESS, k.UNKNOWN_MEMBER_ID];
  client.on(joinGroup, (request) => {
    const errorCode = troubles.shift();
    if (errorCode === undefined) return joined(request.memberId || 'new', 1);
    return { errorCode, memberId: '', leader: '', members: [] };
  });
  void membership.run();
  await clock.advance(0);
  await clock.advance(5000);
  expect(story).toEqual(['assigned a/0 a/1']);
});

test('a refusal that an operator has to remove ends the run', async () => {
  const { clock, client, membership, story } = scene();
  client.on(joinGroup, () => ({ errorCode: k.INVALID_SESSION_TIMEOUT, memberId: '', leader: '', members: [] }));
  const ended = expect(membership.run()).rejects.toMatchObject({
    code: 'RT_KAFKA_REFUSED',
    retryable: false,
    message: expect.stringContaining('timeouts.session'),
  });
  await clock.advance(0);
  await ended;
  expect(story).toEqual([]);
});

test('leaving: gives up as revoked, then tells the broker; no timer is left', async () => {
  const { clock, client, membership, story, drain } = scene();
  const run = membership.run();
  await clock.advance(0);
  const left = membership.leave(1000);
  await clock.advance(0);
  expect(story.at(-1)).toBe('revoked a/0 a/1 in 1000');
  expect(client.requests('LeaveGroup')).toHaveLength(0);
  drain(false);
  expect(await left).toBe(false);
  await run;
  expect(client.requests('LeaveGroup')[0].members).toMatchObject([{ memberId: 'new' }]);
  expect(clock.pending).toBe(0);
});

test('leaving does not wait for the members that a JoinGroup waits for', async () => {
  const { clock, client, membership } = scene();
  let asked = 0;
  client.on(joinGroup, () =>
    asked++ === 0 ? { errorCode: k.MEMBER_ID_REQUIRED, memberId: 'm-1', leader: '', members: [] } : never,
  );
  const run = membership.run();
  await clock.advance(0);
  expect(await membership.leave(1000)).toBe(true);
  await run;
  expect(client.requests('LeaveGroup')[0].members).toMatchObject([{ memberId: 'm-1' }]);
  expect(clock.pending).toBe(0);
});
