// What a member keeps while its group rebalances by cooperative-sticky, against a scripted coordinator in manual time.
import { expect, test } from 'vitest';
import { readSubscription, writeSubscription } from '../../../runtime/protocol/consumer-protocol.ts';
import { describeGroups } from '../../../runtime/protocol/describe-groups.ts';
import { kafkaErrors as k } from '../../../runtime/protocol/error-codes.ts';
import { heartbeat } from '../../../runtime/protocol/heartbeat.ts';
import { joinGroup } from '../../../runtime/protocol/join-group.ts';
import { syncGroup } from '../../../runtime/protocol/sync-group.ts';
import { given, joined, scene, timeouts } from './support/membership-scene.ts';
import { connectionError } from './support/scripted-client.ts';

const cooperative = 'cooperative-sticky';

/** A follower that has a/0 and a/1 of generation 1; its JoinGroups are answered by hand from then on. */
async function settled(instanceId?: string) {
  const one = scene(instanceId);
  const { client, clock, membership } = one;
  const joins: PromiseWithResolvers<ReturnType<typeof joined>>[] = [];
  const follower = (generation: number, protocol = cooperative) => ({
    ...joined('me', generation, protocol),
    leader: 'other',
    members: [],
  });
  client.on(joinGroup, () => follower(1));
  client.on(syncGroup, () => given(0, 1));
  const run = membership.run();
  run.catch(() => {});
  await clock.advance(0);
  client.on(joinGroup, () => {
    const join = Promise.withResolvers<ReturnType<typeof joined>>();
    joins.push(join);
    return join.promise;
  });
  /** The next heartbeat tells of a rebalance. */
  const rebalance = async (): Promise<void> => {
    client.on(heartbeat, () => ({ errorCode: k.REBALANCE_IN_PROGRESS }));
    await clock.advance(timeouts.heartbeatMs);
  };
  const admit = async (generation: number, ...partitions: readonly number[]): Promise<void> => {
    client.on(syncGroup, () => given(...partitions));
    client.on(heartbeat, () => ({ errorCode: 0 }));
    joins.at(-1)!.resolve(follower(generation));
    await clock.advance(0);
  };
  const subscription = () => readSubscription(client.requests('JoinGroup').at(-1).protocols[0].metadata);
  return { ...one, run, joins, rebalance, admit, follower, subscription };
}

test('joins at once with what it owns, and beats meanwhile beside the join under the old generation', async () => {
  const { client, clock, membership, story, rebalance, subscription } = await settled();
  await rebalance();
  expect(client.requests('JoinGroup')).toHaveLength(2);
  expect(client.requests('JoinGroup')[1].protocols.map(({ name }: { name: string }) => name)).toEqual([
    cooperative,
    'roundrobin',
  ]);
  expect(subscription()).toMatchObject({ version: 3, generation: 1, owned: [{ name: 'a', partitions: [0, 1] }] });
  const beats = client.requests('Heartbeat').length;
  await clock.advance(5 * timeouts.heartbeatMs);
  const aside = client.sent.filter(({ api }) => api === 'Heartbeat').slice(beats);
  expect(aside.map(({ purpose, request }) => [purpose, request.generation])).toEqual(
    Array.from({ length: 5 }, () => ['beat:g', 1]),
  );
  expect(story).toEqual(['assigned a/0 a/1']);
  expect(membership.identity).toEqual({ memberId: 'me', generation: 1, instanceId: null });
});

test('what stays is not mentioned, what is new comes at once, what moves is drained and then joined without', async () => {
  const { client, membership, story, rebalance, admit, subscription, drain, clock } = await settled();
  await rebalance();
  await admit(2, 1, 2);
  expect(story).toEqual(['assigned a/0 a/1', 'assigned a/2', 'revoked a/0 in 25000']);
  expect(membership.identity?.generation).toBe(2);
  expect(client.requests('JoinGroup')).toHaveLength(2);
  drain(true);
  await clock.advance(0);
  expect(client.requests('JoinGroup')).toHaveLength(3);
  expect(subscription()).toMatchObject({ generation: 2, owned: [{ name: 'a', partitions: [1, 2] }] });
  await admit(3, 1, 2);
  expect(story).toHaveLength(3);
  expect(client.requests('JoinGroup')).toHaveLength(3);
});

test('the generation that has moved on while the answer to the join is on its way is no loss', async () => {
  const { client, clock, story, rebalance, admit } = await settled();
  await rebalance();
  client.on(heartbeat, () => ({ errorCode: k.ILLEGAL_GENERATION }));
  await clock.advance(timeouts.heartbeatMs);
  await admit(2, 0, 1);
  expect(story).toEqual(['assigned a/0 a/1']);
});

test('an answer to a heartbeat of the former generation says nothing of the new one', async () => {
  const { client, clock, story, rebalance, admit } = await settled();
  await rebalance();
  const late = Promise.withResolvers<{ errorCode: number }>();
  client.on(heartbeat, () => late.promise);
  await clock.advance(timeouts.heartbeatMs);
  await admit(2, 0, 1);
  late.resolve({ errorCode: k.ILLEGAL_GENERATION });
  await clock.advance(0);
  expect(story).toEqual(['assigned a/0 a/1']);
});

test.each([
  ['the heartbeat', 'UNKNOWN_MEMBER_ID'],
  ['the join', 'UNKNOWN_MEMBER_ID'],
] as const)('a group that has dropped it while it joined, says %s: everything is lost at once', async (who, code) => {
  const { client, clock, membership, story, rebalance, joins, subscription } = await settled();
  await rebalance();
  if (who === 'the heartbeat') client.on(heartbeat, () => ({ errorCode: k[code] }));
  else joins[0]!.resolve({ ...joined('', 0), errorCode: k[code], members: [] });
  await clock.advance(timeouts.heartbeatMs);
  expect(story).toEqual(['assigned a/0 a/1', 'lost a/0 a/1']);
  expect(membership.identity).toBe(null);
  if (who === 'the heartbeat') return;
  await clock.advance(timeouts.heartbeatMs);
  expect(client.requests('JoinGroup').at(-1).memberId).toBe('');
  expect(subscription()).toMatchObject({ generation: -1, owned: [] });
});

test('a coordinator that cannot be reached while it joins takes everything when the session is over', async () => {
  const { client, clock, story, rebalance } = await settled();
  await rebalance();
  client.on(heartbeat, () => {
    throw connectionError();
  });
  await clock.advance(timeouts.sessionMs - 1);
  expect(story).toEqual(['assigned a/0 a/1']);
  await clock.advance(timeouts.heartbeatMs);
  expect(story).toEqual(['assigned a/0 a/1', 'lost a/0 a/1']);
});

test('what was lost after it was claimed is given up to the group all the same, by a second join', async () => {
  const { client, membership, story, rebalance, admit, clock } = await settled();
  await rebalance();
  membership.refused('lost', 'a commit was refused');
  expect(story.at(-1)).toBe('lost a/0 a/1');
  await admit(2, 1);
  await clock.advance(0);
  expect(story.at(-1)).toBe('assigned a/1');
  expect(client.requests('JoinGroup')).toHaveLength(3);
});

test('a commit that is refused while it joins waits for the new generation', async () => {
  const { membership, rebalance, admit, clock } = await settled();
  const before = membership.identity!;
  await rebalance();
  let renewed: boolean | null = null;
  void membership.renewed(before).then((yes) => {
    renewed = yes;
  });
  await clock.advance(1000);
  expect(renewed).toBe(null);
  await admit(2, 0, 1);
  expect(renewed).toBe(true);
  expect(await membership.renewed(membership.identity!)).toBe(false);
});

test('a commit that waits for a generation does not wait for one that never comes', async () => {
  const { membership, rebalance } = await settled();
  const before = membership.identity!;
  await rebalance();
  const renewed = membership.renewed(before);
  membership.refused('forgotten', 'dropped');
  expect(await renewed).toBe(false);
});

test('leaving while it joins drains first: the join goes on, so that what finishes can be committed', async () => {
  const { client, membership, story, rebalance, admit, drain, clock, run } = await settled();
  await rebalance();
  const left = membership.leave(1000);
  await clock.advance(0);
  expect(story.at(-1)).toBe('revoked a/0 a/1 in 1000');
  await admit(2, 0, 1, 2);
  expect(membership.identity?.generation).toBe(2);
  expect(story).toHaveLength(2);
  drain(true);
  expect(await left).toBe(true);
  await run;
  expect(client.requests('LeaveGroup')[0].members).toMatchObject([{ memberId: 'me' }]);
  expect(clock.pending).toBe(0);
});

test('leaving while a partition moves gives up the others too, and waits for all', async () => {
  const { membership, story, rebalance, admit, clock, run } = await settled();
  await rebalance();
  await admit(2, 1);
  expect(story.at(-1)).toBe('revoked a/0 in 25000');
  const left = membership.leave(1000);
  await clock.advance(0);
  expect(story.at(-1)).toBe('revoked a/1 in 1000');
  membership.refused('lost', 'fenced');
  expect(story.at(-1)).toBe('lost a/0 a/1');
  void left;
  void run;
});

test('a group that turns to roundrobin may have given away what it holds: that is lost before it syncs', async () => {
  const { client, clock, story, rebalance, joins, follower, drain } = await settled();
  await rebalance();
  client.on(heartbeat, () => ({ errorCode: 0 }));
  client.on(syncGroup, () => {
    story.push('synced');
    return given(1);
  });
  joins[0]!.resolve(follower(2, 'roundrobin'));
  await clock.advance(0);
  expect(story).toEqual(['assigned a/0 a/1', 'lost a/0 a/1', 'synced', 'assigned a/1']);
  // From now on everything is given up before it joins.
  await rebalance();
  expect(story.at(-1)).toBe('revoked a/1 in 25000');
  expect(client.requests('JoinGroup')).toHaveLength(2);
  drain(true);
  await clock.advance(0);
  expect(client.requests('JoinGroup')).toHaveLength(3);
});

test('a static member joins, beats and syncs under its instance id, and does not leave', async () => {
  const { client, membership, clock, drain } = await settled('payments-3');
  await clock.advance(timeouts.heartbeatMs);
  for (const api of ['JoinGroup', 'SyncGroup', 'Heartbeat']) {
    expect(client.requests(api)[0]).toMatchObject({ instanceId: 'payments-3' });
  }
  expect(membership.identity?.instanceId).toBe('payments-3');
  const left = membership.leave(1000);
  await clock.advance(0);
  drain(true);
  expect(await left).toBe(true);
  expect(client.requests('LeaveGroup')).toEqual([]);
});

test('two processes with one instance id: the first one ends with a message that says so', async () => {
  const { client, clock, story, run } = await settled('payments-3');
  client.on(heartbeat, () => ({ errorCode: k.FENCED_INSTANCE_ID }));
  const ended = expect(run).rejects.toMatchObject({
    code: 'RT_KAFKA_REFUSED',
    retryable: false,
    message: expect.stringMatching(/as payments-3 was refused .*another process .*staticMembership/),
  });
  await clock.advance(timeouts.heartbeatMs);
  await ended;
  expect(story.at(-1)).toBe('lost a/0 a/1');
});

test('a leader that had to withhold a partition begins the second round itself when nobody does', async () => {
  const { client, clock, membership, story } = scene();
  const about = (owned: readonly number[]) =>
    writeSubscription({
      ...{ version: 3, topics: ['a'], userData: null, generation: 1, rackId: null },
      owned: owned.length === 0 ? [] : [{ name: 'a', partitions: owned }],
    });
  // Another member has both partitions, and one of them is to be ours.
  client.on(joinGroup, () => ({
    ...joined('me', 2, cooperative),
    members: [
      { memberId: 'me', instanceId: null, metadata: about([]) },
      { memberId: 'away', instanceId: 'pod-1', metadata: about([0, 1]) },
    ],
  }));
  client.on(syncGroup, () => given());
  void membership.run();
  await clock.advance(0);
  expect(client.requests('SyncGroup')[0].assignments).toHaveLength(2);
  for (let beats = 1; beats < timeouts.rebalanceMs / timeouts.heartbeatMs; beats++) {
    await clock.advance(timeouts.heartbeatMs);
  }
  expect(client.requests('JoinGroup')).toHaveLength(1);
  await clock.advance(timeouts.heartbeatMs);
  expect(client.requests('JoinGroup')).toHaveLength(2);
  expect(story).toEqual([]);
});

test('a static member that comes back into the generation in which it owed a second round still owes it', async () => {
  const { client, clock, membership, story, rebalance, joins, follower, subscription, drain } = await settled('pod-0');
  await rebalance();
  client.on(syncGroup, () => given(1));
  client.on(heartbeat, () => ({ errorCode: 0 }));
  joins[0]!.resolve(follower(2));
  await clock.advance(0);
  expect(story.at(-1)).toBe('revoked a/0 in 25000');
  // Forgotten in the middle of the drain; the broker has it back as it was, in the same generation.
  membership.refused('forgotten', 'commit refused');
  await clock.advance(0);
  await settleDrain();
  expect(client.requests('JoinGroup').at(-1)).toMatchObject({ memberId: '', instanceId: 'pod-0' });
  joins[1]!.resolve(follower(2));
  await clock.advance(0);
  expect(story.at(-1)).toBe('assigned a/1');
  expect(client.requests('JoinGroup')).toHaveLength(4);
  expect(subscription()).toMatchObject({ generation: 2, owned: [{ name: 'a', partitions: [1] }] });
  joins[2]!.resolve(follower(3));
  await clock.advance(0);
  expect(client.requests('JoinGroup')).toHaveLength(4);

  async function settleDrain(): Promise<void> {
    drain(false);
    await clock.advance(0);
  }
});

test.each([
  ['something', [[0], []], 2],
  ['nothing', [[0], [1]], 1],
] as const)(
  'a static leader that was restarted deals nothing, and looks whether %s was withheld',
  async (_what, dealt, joins) => {
    const { client, clock, membership, story } = scene('pod-0');
    client.on(joinGroup, () => ({ ...joined('me', 2, cooperative), skipAssignment: true }));
    client.on(syncGroup, () => given(...dealt[0]));
    client.on(describeGroups, () => {
      const members = dealt.map((partitions) => ({
        ...{ memberId: '', instanceId: null, clientId: '', clientHost: '', metadata: Buffer.alloc(0) },
        assignment: given(...partitions).assignment,
      }));
      const group = {
        errorCode: 0,
        errorMessage: null,
        groupId: 'g',
        protocolType: 'consumer',
        protocolName: cooperative,
      };
      return { groups: [{ ...group, state: 'Stable', members, operations: 0 }] };
    });
    void membership.run();
    await clock.advance(0);
    expect(client.requests('SyncGroup')[0].assignments).toEqual([]);
    expect(story).toEqual(['assigned a/0']);
    for (let beats = 0; beats < timeouts.rebalanceMs / timeouts.heartbeatMs; beats++) {
      await clock.advance(timeouts.heartbeatMs);
    }
    expect(client.requests('JoinGroup')).toHaveLength(joins);
  },
);
