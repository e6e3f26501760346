// Groups of the consumer protocol, beat by beat. The same sequences were recorded from Apache Kafka 4.3.0; what may
// differ there (it waits for further changes before it deals) is compared in `test/peers`.
import { beforeEach, expect, test } from 'vitest';
import { GroupCoordinator } from '../../../../runtime/broker/groups/group-coordinator.ts';
import type { HeartbeatRequest } from '../../../../runtime/broker/groups/heartbeat-request.ts';
import { memoryStore } from '../../../../runtime/broker/storage/broker-store.ts';
import { Topics } from '../../../../runtime/broker/topics.ts';
import { seededRandom } from '../../../../runtime/core/random.ts';
import { kafkaErrors as k } from '../../../../runtime/protocol/error-codes.ts';
import { ManualClock } from '../../../../runtime/testing/manual-clock.ts';

const groupId = 'billing';
const settings = {
  ...{ minSessionTimeoutMs: 6_000, maxSessionTimeoutMs: 60_000, initialRebalanceDelayMs: 0 },
  ...{ consumerSessionTimeoutMs: 45_000, consumerHeartbeatIntervalMs: 5_000 },
};

let clock: ManualClock;
let topics: Topics;
let groups: GroupCoordinator;
let topicId: string;

beforeEach(() => {
  clock = new ManualClock();
  topics = new Topics(memoryStore, clock, seededRandom(1), 1);
  groups = new GroupCoordinator(memoryStore, clock, seededRandom(1), settings);
  topicId = topics.create({ name: 'orders', partitionCount: 4, replicationFactor: 1, settings: {} }).id;
});

const nothing = {
  ...{ groupId, memberId: 'A', memberEpoch: 0, instanceId: null, rackId: null, rebalanceTimeoutMs: -1 },
  ...{ subscribedTopics: null, subscribedRegex: null, assignor: null, owned: null, clientId: 'c', clientHost: '/h' },
};

function own(...partitions: readonly number[]) {
  return [{ topicId, partitions }];
}

/** @returns `epoch: partitions`, with `-` where the assignment is as before, or the error code */
function beat(request: Partial<HeartbeatRequest>): string | number {
  const result = groups.consumerHeartbeat({ ...nothing, ...request }, topics.all());
  if (result.kind === 'refused') return result.refusal.errorCode;
  if (result.kind === 'left') return `left ${result.memberEpoch}`;
  const assigned = result.assignment?.flatMap(({ partitions }) => partitions.join()).join(' ');
  return `${result.memberEpoch}: ${assigned ?? '-'}`;
}

function join(memberId: string, changes: Partial<HeartbeatRequest> = {}): string | number {
  return beat({ memberId, rebalanceTimeoutMs: 30_000, subscribedTopics: ['orders'], owned: [], ...changes });
}

test('a second member gets its half once the first one has given it up', () => {
  expect(join('A')).toBe('2: 0,1,2,3');
  expect(join('B')).toBe('3: ');
  expect(groups.consumerGroup(groupId)!.state).toBe('Reconciling');
  expect(beat({ memberEpoch: 2 })).toBe('2: 0,1');
  expect(beat({ memberEpoch: 2 })).toBe('2: -');
  expect(beat({ memberEpoch: 2, owned: own(0, 1, 2, 3) })).toBe('2: -');
  expect(beat({ memberId: 'B', memberEpoch: 3 })).toBe('3: -');
  expect(beat({ memberEpoch: 2, owned: own(0, 1) })).toBe('3: -');
  expect(beat({ memberId: 'B', memberEpoch: 3 })).toBe('3: 2,3');
  expect(groups.consumerGroup(groupId)!.state).toBe('Stable');
});

test('the epoch before is good for who names what it owns, since the answer may have been lost', () => {
  join('A');
  join('B');
  beat({ memberEpoch: 2 });
  beat({ memberEpoch: 2, owned: own(0, 1) });
  expect(beat({ memberEpoch: 2 })).toBe(k.FENCED_MEMBER_EPOCH);
  expect(beat({ memberEpoch: 2, owned: own(0, 1, 2) })).toBe(k.FENCED_MEMBER_EPOCH);
  expect(beat({ memberEpoch: 2, owned: own(0, 1) })).toBe('3: -');
  expect(beat({ memberEpoch: 4, owned: own(0, 1) })).toBe(k.FENCED_MEMBER_EPOCH);
});

test('commits of the epoch before are good for partitions that stayed', () => {
  join('A');
  join('B');
  beat({ memberEpoch: 2 });
  const commit = (generation: number, partition: number, memberId = 'A', version: number | null = 9): number =>
    groups.mayCommit(groupId, { memberId, generation, instanceId: null }, version)(topicId, partition);
  expect([0, 1, 2, 3].map((partition) => commit(2, partition))).toEqual([0, 0, 0, 0]);
  beat({ memberEpoch: 2, owned: own(0, 1) });
  const stale = k.STALE_MEMBER_EPOCH;
  expect([0, 1, 2, 3].map((partition) => commit(2, partition))).toEqual([0, 0, stale, stale]);
  expect([commit(1, 0), commit(3, 2), commit(4, 0), commit(-1, 0)]).toEqual([stale, 0, stale, stale]);
  expect(commit(3, 0, 'A', 8)).toBe(k.UNSUPPORTED_VERSION);
  expect(commit(3, 0, 'A', null)).toBe(k.NONE);
  expect([commit(3, 0, 'Z'), commit(-1, 0, '')]).toEqual([k.UNKNOWN_MEMBER_ID, k.UNKNOWN_MEMBER_ID]);
});

test('who reads offsets as a member has to be one, in its epoch', () => {
  join('A');
  const asked = [
    groups.mayFetch(groupId, 'A', 2),
    groups.mayFetch(groupId, null, -1),
    groups.mayFetch('other', 'X', 9),
  ];
  expect(asked).toEqual([k.NONE, k.NONE, k.NONE]);
  const refused = [
    groups.mayFetch(groupId, 'A', 1),
    groups.mayFetch(groupId, 'A', -1),
    groups.mayFetch(groupId, 'Z', 2),
  ];
  expect(refused).toEqual([k.STALE_MEMBER_EPOCH, k.STALE_MEMBER_EPOCH, k.UNKNOWN_MEMBER_ID]);
});

test('a member without heartbeats is taken out when its session is over', async () => {
  join('A');
  join('B');
  await clock.advance(40_000);
  expect(beat({ memberId: 'B', memberEpoch: 3 })).toBe('3: -');
  await clock.advance(6_000);
  expect(beat({ memberEpoch: 2 })).toBe(k.UNKNOWN_MEMBER_ID);
  expect(beat({ memberId: 'B', memberEpoch: 3 })).toBe('4: 0,1,2,3');
});

test('a member that does not give up what it is asked for is taken out when its rebalance timeout is over', async () => {
  join('A');
  join('B');
  for (let i = 0; i < 3; i++) {
    expect(beat({ memberEpoch: 2 })).toMatch(/^2: /);
    beat({ memberId: 'B', memberEpoch: 3 });
    await clock.advance(10_000);
  }
  expect(beat({ memberEpoch: 2 })).toBe(k.UNKNOWN_MEMBER_ID);
  expect(beat({ memberId: 'B', memberEpoch: 3 })).toBe('4: 0,1,2,3');
});

test('a static member that leaves keeps its place for whoever comes with its instance id', async () => {
  expect(join('A', { instanceId: 'i' })).toBe('2: 0,1,2,3');
  expect(join('B', { instanceId: 'i' })).toBe(k.UNRELEASED_INSTANCE_ID);
  expect(beat({ memberId: 'B', memberEpoch: 2, instanceId: 'i' })).toBe(k.FENCED_INSTANCE_ID);
  expect(beat({ memberEpoch: -2, instanceId: 'i' })).toBe('left -2');
  expect(join('C')).toBe('3: '); // nothing is free yet
  expect(join('B', { instanceId: 'i' })).toBe('3: 0,1');
  expect(beat({ memberEpoch: 2, instanceId: 'i' })).toBe(k.FENCED_INSTANCE_ID);
});

test('new partitions and new topics are dealt out with the next heartbeat', () => {
  join('A', { subscribedTopics: ['orders', 'later'] });
  topics.addPartitions(topics.get('orders')!, 5, false);
  expect(beat({ memberEpoch: 2 })).toBe('3: 0,1,2,3,4');
  topics.create({ name: 'later', partitionCount: 1, replicationFactor: 1, settings: {} });
  const all = beat({ memberEpoch: 3 });
  expect(String(all).split(' ').slice(1).sort()).toEqual(['0', '0,1,2,3,4']);
});

test('a subscription may be a regular expression that matches whole names', () => {
  topics.create({ name: 'orders.dlq', partitionCount: 1, replicationFactor: 1, settings: {} });
  expect(join('A', { subscribedTopics: null, subscribedRegex: 'ord[a-z]+' })).toBe('2: 0,1,2,3');
  expect(join('B', { subscribedTopics: null, subscribedRegex: '[' })).toBe(k.INVALID_REGULAR_EXPRESSION);
});

test('a group has one type while it has members, and an empty one takes the other and keeps its offsets', async () => {
  groups.offsets.commit(groupId, { topic: 'orders', partition: 0, offset: 5, leaderEpoch: -1, metadata: '' });
  const classic = {
    ...{ instanceId: null, clientId: 'c', clientHost: '/h', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 },
    ...{ protocolType: 'consumer', protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] },
    ...{ memberId: '', needsMemberId: false, canSkipAssignment: true },
  };
  const joined = await groups.join(groupId, classic);
  expect(joined.errorCode).toBe(k.NONE);
  expect(join('A')).toBe(k.GROUP_ID_NOT_FOUND);
  groups.leave(groupId, { memberId: joined.memberId, instanceId: null });
  expect(join('A')).toBe('2: 0,1,2,3');
  expect((await groups.join(groupId, classic)).errorCode).toBe(k.INCONSISTENT_GROUP_PROTOCOL);
  expect(groups.delete(groupId)).toBe(k.NON_EMPTY_GROUP);
  expect(groups.deleteOffset(groupId, { topic: 'orders', partition: 0 })).toBe(k.GROUP_SUBSCRIBED_TO_TOPIC);
  expect(beat({ memberEpoch: -1 })).toBe('left -1');
  expect(groups.offsets.get(groupId, { topic: 'orders', partition: 0 })).toMatchObject({ offset: 5 });
  expect((await groups.join(groupId, classic)).errorCode).toBe(k.NONE);
});
