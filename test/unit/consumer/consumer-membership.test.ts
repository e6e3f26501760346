// How a member of a group of the consumer protocol joins, beats, gives and takes, against a scripted coordinator in
// manual time.
import { expect, test } from 'vitest';
import { ConsumerMembership } from '../../../runtime/consumer/consumer-membership.ts';
import { Coordinator } from '../../../runtime/consumer/coordinator.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import { partitionKey, type TopicPartition } from '../../../runtime/core/record-set.ts';
import { Cluster } from '../../../runtime/kafka/cluster.ts';
import { consumerGroupHeartbeat } from '../../../runtime/protocol/consumer-group-heartbeat.ts';
import { kafkaErrors as k } from '../../../runtime/protocol/error-codes.ts';
import { findCoordinator } from '../../../runtime/protocol/find-coordinator.ts';
import { metadata } from '../../../runtime/protocol/metadata.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { groupSettings } from './support/group-settings.ts';
import { connectionError, ScriptedClient } from './support/scripted-client.ts';

const node = { nodeId: 1, host: 'b', port: 1 };
const timeouts = { sessionMs: 10_000, heartbeatMs: 3000, rebalanceMs: 60_000 };
const [idOfA, idOfB] = ['a'.repeat(32), 'b'.repeat(32)];
const ofA = (...partitions: readonly number[]) => [{ topicId: idOfA, partitions }];

interface Answer {
  readonly errorCode?: number;
  readonly epoch?: number;
  readonly assignment?: readonly { readonly topicId: string; readonly partitions: readonly number[] }[];
}

/** A broker that gives what `state` says; answers of the test come first. */
function scene(instanceId: string | null = null) {
  const clock = new ManualClock();
  const client = new ScriptedClient();
  const cluster = new Cluster({ client, clock, random: seededRandom(1) });
  const story: string[] = [];
  const states: string[] = [];
  const waits = new Set<string>();
  const names = (partitions: readonly TopicPartition[]): string => partitions.map(partitionKey).join(' ');
  const drains: ((finished: boolean) => void)[] = [];
  const state = { intervalMs: 5000, topics: [topic('a', idOfA, 4)], commit: Promise.resolve() };
  const answers: (Answer | (() => Answer | Promise<Answer>))[] = [];

  client.on(findCoordinator, () => ({
    ...node,
    errorCode: 0,
    coordinators: [{ ...node, key: 'g', errorCode: 0, errorMessage: null }],
  }));
  client.on(metadata, () => ({ brokers: [{ ...node, rack: null }], topics: state.topics }));
  client.on(consumerGroupHeartbeat, async (request) => {
    const next = answers.shift() ?? {};
    const { errorCode = 0, epoch, assignment } = typeof next === 'function' ? await next() : next;
    return {
      errorCode,
      memberEpoch: epoch ?? Math.max(1, request.memberEpoch),
      heartbeatIntervalMs: state.intervalMs,
      assignment: assignment === undefined ? null : { topics: assignment },
    };
  });

  const membership = new ConsumerMembership({
    group: groupSettings('g', ['a', 'b'], { protocol: 'consumer', instanceId, timeouts }),
    coordinator: new Coordinator('g', client, cluster),
    cluster,
    clock,
    random: seededRandom(1),
    emit: (name, event) => {
      if (name === 'group.state') states.push((event as { readonly state: string }).state);
      const { loop } = event as { readonly loop: string };
      if (name === 'loop.waiting') waits.add(loop);
      if (name === 'loop.answered') waits.delete(loop);
    },
    drainBudgetMs: 25_000,
    hooks: {
      assigned: (partitions) => story.push(`assigned ${names(partitions)}`),
      revoked: (partitions, budgetMs, reason) => {
        story.push(`${reason} ${names(partitions)} in ${budgetMs}`);
        return new Promise((resolve) => drains.push(resolve));
      },
      lost: (partitions) => {
        story.push(`lost ${names(partitions)}`);
        for (const resolve of drains) resolve(false);
      },
    },
    commitsAnswered: () => state.commit,
  });
  const beats = () => client.requests('ConsumerGroupHeartbeat');
  /** Lets an answer do its work, and the beat that it asks for. */
  const settle = () => clock.advance(0);
  const joins = async (...first: readonly Answer[]): Promise<void> => {
    answers.push(...first);
    void membership.run();
    await settle();
    await settle();
  };
  /** Joins, and then nothing changes until beats come every 3 s. @returns the number of beats until then */
  const joinsAndCalms = async (first: Answer): Promise<number> => {
    await joins(first);
    await clock.advance(15_000);
    return beats().length;
  };
  return {
    ...{ clock, client, membership, story, states, waits, state, answers, beats, settle, joins, joinsAndCalms },
    drain: async (finished: boolean) => {
      for (const resolve of drains.splice(0)) resolve(finished);
      await settle();
      await settle();
    },
  };
}

function topic(name: string, topicId: string, partitionCount: number) {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({
    ...{ errorCode: 0, partition, leader: 1, leaderEpoch: 0, replicas: [1], isr: [1], offlineReplicas: [] },
  }));
  return { errorCode: 0, name, topicId, internal: false, partitions, operations: 0 };
}

test('joins with everything, and then says only what has changed', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: ofA(0, 1) });
  expect(s.beats()[0]).toMatchObject({
    ...{ memberEpoch: 0, rebalanceTimeoutMs: 60_000, subscribedTopics: ['a', 'b'], owned: [], instanceId: null },
    memberId: expect.stringMatching(/^[\w-]{22}$/) as unknown,
  });
  expect(s.story).toEqual(['assigned a/0 a/1']);
  expect(s.states).toEqual(['joining', 'joined']);
  expect(s.membership.identity).toMatchObject({ generation: 2, memberId: s.beats()[0].memberId });
  // Told at once that it has them.
  expect(s.beats()[1]).toMatchObject({
    ...{ memberEpoch: 2, rebalanceTimeoutMs: -1, subscribedTopics: null, owned: ofA(0, 1) },
  });
  await s.clock.advance(3000);
  expect(s.beats()[2]).toMatchObject({ memberEpoch: 2, subscribedTopics: null, owned: null });
  expect(s.story).toHaveLength(1);
});

// Whatever an answer said that never came would not be said again (seed 134121).
test('says everything now and then, without need', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: ofA(0) });
  await s.clock.advance(60_000);
  const full = s.beats().flatMap(({ subscribedTopics }, beat) => (subscribedTopics === null ? [] : [beat]));
  expect(full).toEqual([0, 11, 22]);
});

test('beats that get no answer are a wait of the coordinator', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: [] });
  expect([...s.waits]).toEqual([]);
  s.answers.push(() => new Promise<never>(() => {}));
  await s.clock.advance(3000);
  expect([...s.waits]).toEqual(['coordinator']);
});

test('beats as often as the broker asks for, or more often where the manifest says so', async () => {
  const s = scene();
  s.state.intervalMs = 1000;
  await s.joins({ assignment: [] });
  await s.clock.advance(10_000); // calm by then
  const before = s.beats().length;
  await s.clock.advance(10_000);
  expect(s.beats()).toHaveLength(before + 10);
  s.state.intervalMs = 60_000;
  await s.clock.advance(10_000);
  expect(s.beats()).toHaveLength(before + 14); // the first is still the broker's, the others every 3 s
});

test('beats soon after its target has changed, and then at twice the distance each time', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: ofA(0, 1) });
  await s.clock.advance(20_000);
  const beatsAfter: number[] = [];
  let heard = s.beats().length;
  s.answers.push({ epoch: 3, assignment: ofA(0) });
  for (let ms = 0; ms < 12_000; ms += 50) {
    await s.clock.advance(50);
    if (s.beats().length > heard) beatsAfter.push(ms + 50);
    heard = s.beats().length;
  }
  expect(beatsAfter.slice(0, 7).map((at) => at - beatsAfter[0]!)).toEqual([0, 100, 300, 700, 1500, 3100, 6100]);
});

test('what the target leaves out is finished before the broker hears of it; the rest is not disturbed', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: ofA(0, 1, 2, 3) });
  s.answers.push({ epoch: 2, assignment: ofA(0, 1) });
  await s.clock.advance(3000);
  expect(s.story).toEqual(['assigned a/0 a/1 a/2 a/3', 'revoked a/2 a/3 in 25000']);
  await s.clock.advance(6000);
  expect(s.beats().at(-1)).toMatchObject({ owned: null }); // still its own
  expect(s.membership.identity).toMatchObject({ generation: 2 });
  const before = s.beats().length;
  s.answers.push({ epoch: 3 });
  await s.drain(true);
  expect(s.beats()[before]).toMatchObject({ memberEpoch: 2, owned: ofA(0, 1) });
  expect(s.membership.identity).toMatchObject({ generation: 3 });
  expect(s.story).toHaveLength(2);
  expect(s.states).toEqual(['joining', 'joined', 'joined']);
});

// Its epoch stays: the commit would count after those of the next owner (seed 42289).
test('the broker does not hear of it while a commit is on its way', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: ofA(0, 1) });
  const commit = Promise.withResolvers<void>();
  s.state.commit = commit.promise;
  s.answers.push({ epoch: 2, assignment: ofA(0) });
  await s.clock.advance(3000);
  await s.drain(true);
  await s.clock.advance(6000);
  const told = () => s.beats().flatMap(({ owned }) => (owned === null ? [] : [owned]));
  expect(told()).toEqual([[], ofA(0, 1)]);
  commit.resolve();
  await s.settle();
  await s.settle();
  expect(told()).toEqual([[], ofA(0, 1), ofA(0)]);
});

test('gives before it takes, and what comes is told as newly ours', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: ofA(0, 1) });
  s.answers.push({ epoch: 3, assignment: ofA(1, 2) });
  await s.clock.advance(3000);
  await s.drain(true);
  expect(s.story).toEqual(['assigned a/0 a/1', 'revoked a/0 in 25000', 'assigned a/2']);
  expect(s.beats().at(-1)).toMatchObject({ owned: ofA(1, 2) });
});

test('says everything again after a beat that got no answer', async () => {
  const s = scene();
  await s.joinsAndCalms({ epoch: 2, assignment: ofA(0) });
  s.answers.push(() => {
    throw connectionError();
  });
  await s.clock.advance(3000);
  await s.clock.advance(500);
  const everything = { memberEpoch: 2, rebalanceTimeoutMs: 60_000, subscribedTopics: ['a', 'b'], owned: ofA(0) };
  expect(s.beats().at(-1)).toMatchObject(everything);
  expect(s.story).toEqual(['assigned a/0']);
});

test.each([k.UNKNOWN_MEMBER_ID, k.FENCED_MEMBER_EPOCH, k.GROUP_ID_NOT_FOUND])(
  'a beat refused with %i loses everything, also what is being revoked, and joins at epoch 0 under the same id',
  async (errorCode) => {
    const s = scene();
    const before = await s.joinsAndCalms({ epoch: 2, assignment: ofA(0, 1) });
    s.answers.push({ epoch: 2, assignment: ofA(0) }, { errorCode }, {}, { epoch: 7, assignment: ofA(1) });
    await s.clock.advance(3000);
    await s.clock.advance(100);
    await s.settle();
    await s.settle();
    expect(s.story).toEqual(['assigned a/0 a/1', 'revoked a/1 in 25000', 'lost a/0 a/1', 'assigned a/1']);
    expect(
      s
        .beats()
        .map(({ memberEpoch }) => memberEpoch)
        .slice(before),
    ).toEqual([2, 2, -1, 0, 7]);
    const again = s.beats().findLast(({ memberEpoch }) => memberEpoch === 0);
    expect(again).toMatchObject({ memberId: s.beats()[0].memberId, owned: [], subscribedTopics: ['a', 'b'] });
    expect(s.membership.identity).toMatchObject({ generation: 7 });
    // The drain of the membership that is over changes nothing.
    await s.drain(true);
    expect(s.beats().at(-1)).toMatchObject({ memberEpoch: 7 });
    expect(s.story).toHaveLength(4);
  },
);

test('a commit that was refused loses everything', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: ofA(0) });
  s.membership.refused('forgotten', 'commit refused');
  expect(s.membership.identity).toBeNull();
  await s.settle();
  expect(s.story.slice(0, 2)).toEqual(['assigned a/0', 'lost a/0']);
  expect(s.beats().at(-1)).toMatchObject({ memberEpoch: 0 });
});

test('a membership that was lost is left before it joins again, however long that takes', async () => {
  const s = scene();
  const before = await s.joinsAndCalms({ epoch: 2, assignment: ofA(0) });
  s.answers.push({ errorCode: k.FENCED_MEMBER_EPOCH }, { errorCode: k.NOT_COORDINATOR }, () => {
    throw connectionError();
  });
  await s.clock.advance(3000);
  await s.clock.advance(2000);
  const epochs = s.beats().map(({ memberEpoch }) => memberEpoch);
  expect(epochs.slice(before, before + 5)).toEqual([2, -1, -1, -1, 0]);
});

test('a session without an answer is over, even if nobody says so', async () => {
  const s = scene();
  await s.joinsAndCalms({ epoch: 2, assignment: ofA(0) });
  const silence = new Promise<never>(() => {});
  s.answers.push(() => silence);
  await s.clock.advance(3000);
  await s.client.release('coordinator:g');
  await s.settle();
  s.answers.push(...Array.from({ length: 30 }, () => () => Promise.reject(connectionError())));
  await s.clock.advance(10_000);
  expect(s.story).toEqual(['assigned a/0', 'lost a/0']);
  expect(s.membership.identity).toBeNull();
});

test('a topic whose id is not known yet is asked for until it is', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: [...ofA(0), { topicId: idOfB, partitions: [0] }] });
  await s.clock.advance(500);
  expect(s.story).toEqual(['assigned a/0']);
  expect([...s.waits]).toEqual(['topics']);
  s.state.topics = [...s.state.topics, topic('b', idOfB, 1)];
  await s.clock.advance(3000);
  expect(s.story).toEqual(['assigned a/0', 'assigned b/0']);
  expect([...s.waits]).toEqual([]);
});

test('a topic that was made again is another one: the old partition is given up first', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: ofA(0) });
  s.state.topics = [topic('a', idOfB, 1)];
  s.answers.push({ epoch: 3, assignment: [{ topicId: idOfB, partitions: [0] }] });
  await s.clock.advance(3000);
  expect(s.story).toEqual(['assigned a/0', 'revoked a/0 in 25000']);
  await s.drain(true);
  await s.clock.advance(1000);
  expect(s.story).toEqual(['assigned a/0', 'revoked a/0 in 25000', 'assigned a/0']);
  expect(s.beats().at(-1)).toMatchObject({ owned: [{ topicId: idOfB, partitions: [0] }] });
});

test('leaving drains what it has, beside what is being revoked, and says goodbye last', async () => {
  const s = scene();
  await s.joins({ epoch: 2, assignment: ofA(0, 1) });
  s.answers.push({ epoch: 2, assignment: ofA(0) });
  await s.clock.advance(3000);
  const left = s.membership.leave(1000);
  await s.settle();
  expect(s.story).toEqual(['assigned a/0 a/1', 'revoked a/1 in 25000', 'shutdown a/0 in 1000']);
  await s.clock.advance(3000);
  expect(s.beats().at(-1)).toMatchObject({ memberEpoch: 2 }); // heartbeats go on
  await s.membership.refused('lost', 'ends what is under way');
  expect(await left).toBe(false);
  expect(s.beats().at(-1)).toMatchObject({ memberEpoch: -1, owned: null, subscribedTopics: null });
});

test.each([
  { instanceId: null, memberEpoch: -1 },
  { instanceId: 'billing-0', memberEpoch: -2 },
])('a member with instance id $instanceId leaves with epoch $memberEpoch', async ({ instanceId, memberEpoch }) => {
  const s = scene(instanceId);
  await s.joins({ epoch: 2, assignment: ofA(0) });
  expect(s.membership.identity).toMatchObject({ instanceId });
  const left = s.membership.leave(1000);
  await s.settle();
  await s.drain(true);
  expect(await left).toBe(true);
  expect(s.beats().at(-1)).toMatchObject({ memberEpoch, instanceId });
  expect(s.story).toEqual(['assigned a/0', 'shutdown a/0 in 1000']);
});

test('an instance id that belongs to a killed process is waited for', async () => {
  const s = scene('billing-0');
  s.answers.push(...Array.from({ length: 5 }, () => ({ errorCode: k.UNRELEASED_INSTANCE_ID })));
  await s.joins();
  await s.clock.advance(10_000);
  expect(s.beats().filter(({ memberEpoch }) => memberEpoch === 0)).toHaveLength(6);
  expect(s.membership.identity).toMatchObject({ generation: 1 });
});

test('an instance id that stays somebody else’s ends the run after the session of the broker', async () => {
  const s = scene('billing-0');
  s.answers.push(...Array.from({ length: 200 }, () => ({ errorCode: k.UNRELEASED_INSTANCE_ID })));
  const failed = expect(s.membership.run()).rejects.toThrow('UNRELEASED_INSTANCE_ID (111): another process');
  await s.clock.advance(60_000);
  await failed;
});

test.each([
  [k.GROUP_AUTHORIZATION_FAILED, 'allow READ on the group'],
  [k.INVALID_REQUEST, 'INVALID_REQUEST (42)'],
])('a refusal that no retry can mend ends the run: %i', async (errorCode, message) => {
  const s = scene();
  s.answers.push({ errorCode });
  await expect(s.membership.run()).rejects.toThrow(message);
});

test('leaving while it joins breaks the wait off', async () => {
  const s = scene();
  s.answers.push(() => new Promise<never>(() => {}));
  await s.joins();
  expect(await s.membership.leave(1000)).toBe(true);
  // The broker may have taken it in.
  expect(s.beats().at(-1)).toMatchObject({ memberEpoch: -1 });
});
