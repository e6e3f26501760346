// What a commit's answer means, and that nothing of an epoch that has ended is ever sent.
import { expect, test, vi } from 'vitest';
import { Coordinator } from '../../../runtime/consumer/coordinator.ts';
import type { Membership } from '../../../runtime/consumer/membership.ts';
import { OffsetCommits } from '../../../runtime/consumer/offset-commits.ts';
import { LoopWait } from '../../../runtime/core/loop-wait.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import { Cluster } from '../../../runtime/kafka/cluster.ts';
import { zeroUuid } from '../../../runtime/protocol/codec.ts';
import { kafkaErrors as k } from '../../../runtime/protocol/error-codes.ts';
import { findCoordinator } from '../../../runtime/protocol/find-coordinator.ts';
import { offsetCommit } from '../../../runtime/protocol/offset-commit.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { connectionError, ScriptedClient } from './support/scripted-client.ts';

/** @param answers error codes of the partitions, one list per request */
function scene(...answers: readonly (readonly number[])[]) {
  const clock = new ManualClock();
  const client = new ScriptedClient();
  const cluster = new Cluster({ client, clock, random: seededRandom(1) });
  const story: string[] = [];
  const waits: string[] = [];
  const state = {
    epoch: 1,
    identity: { memberId: 'm', generation: 4, instanceId: null } as Membership['identity'],
    joined: Promise.resolve(),
  };
  const left = [...answers];
  client.on(findCoordinator, () => ({ nodeId: 1, host: 'b', port: 1, errorCode: 0, coordinators: [] }));
  client.on(offsetCommit, () => {
    const codes = left.shift();
    if (codes === undefined) throw connectionError();
    const partitions = codes.map((errorCode, partition) => ({ partition, errorCode }));
    return { topics: [{ name: 't', topicId: zeroUuid, partitions }] };
  });
  const commits = new OffsetCommits({
    coordinator: new Coordinator('g', client, cluster),
    membership: {
      get identity() {
        return state.identity;
      },
      hurry: () => story.push('hurry'),
      renewed: async (former) => {
        if (state.identity === former) await state.joined;
        return state.identity !== null && state.identity !== former;
      },
      refused: (action) => story.push(action),
    },
    clock,
    wait: new LoopWait((name) => waits.push(name), { group: 'g', loop: 'commit' }),
    current: ({ epoch }) => epoch === state.epoch,
    metadata: (topic) => `of ${topic}`,
    failed: (error) => story.push(error.message),
  });
  const offset = (partition: number, epoch = 1) => ({ topic: 't', partition, epoch, offset: 10 + partition });
  return { clock, client, commits, story, waits, state, offset };
}

test('commits all partitions in one request under the generation', async () => {
  const { commits, client, offset } = scene([0, 0]);
  expect(await commits.commit([offset(0), offset(1)])).toEqual({ kind: 'committed' });
  expect(client.requests('OffsetCommit')).toMatchObject([
    {
      groupId: 'g',
      generation: 4,
      memberId: 'm',
      topics: [
        {
          name: 't',
          partitions: [
            { partition: 0, offset: 10, metadata: 'of t' },
            { partition: 1, offset: 11, metadata: 'of t' },
          ],
        },
      ],
    },
  ]);
});

// What is handled and where another partition begins come from two stages that know nothing of each other.
test('a commit is not sent while another one is under way, also after one that failed', async () => {
  const { commits, client, offset } = scene();
  const answers = [Promise.withResolvers<object>(), Promise.withResolvers<object>()];
  const left = [...answers];
  client.on(offsetCommit, () => left.shift()!.promise);
  const first = commits.commit([offset(0)]);
  const second = commits.commit([offset(1)]);
  await vi.waitFor(() => expect(client.requests('OffsetCommit')).toHaveLength(1));
  await Promise.resolve(); // the second one had its chance
  expect(client.requests('OffsetCommit')).toHaveLength(1);
  answers[0]!.reject(connectionError());
  expect((await first).kind).toBe('retry');
  answers[1]!.resolve({ topics: [] });
  expect((await second).kind).toBe('committed');
  expect(client.requests('OffsetCommit').map(({ topics }) => topics[0].partitions[0].partition)).toEqual([0, 1]);
});

test('a broker that takes no metadata gets none', async () => {
  const { commits, client, offset } = scene([k.OFFSET_METADATA_TOO_LARGE], [0]);
  expect((await commits.commit([offset(0)])).kind).toBe('retry');
  expect((await commits.commit([offset(0)])).kind).toBe('committed');
  const sent = client.requests('OffsetCommit').map(({ topics }) => topics[0].partitions[0].metadata);
  expect(sent).toEqual(['of t', null]);
});

test.each([
  ['ILLEGAL_GENERATION', [k.ILLEGAL_GENERATION]],
  ['UNKNOWN_MEMBER_ID', [k.UNKNOWN_MEMBER_ID]],
])('an answer to a former membership takes nothing from the one that is there now: %s', async (_, codes) => {
  const { commits, client, offset, state, story } = scene();
  client.on(offsetCommit, () => {
    state.identity = { memberId: 'm', generation: 5, instanceId: null }; // it was on its way for long
    return {
      topics: [{ name: 't', topicId: zeroUuid, partitions: codes.map((errorCode) => ({ partition: 0, errorCode })) }],
    };
  });
  expect((await commits.commit([offset(0)])).kind).toBe('retry');
  expect(story).toEqual([]);
});

test('leaves out what belongs to an older epoch, and sends nothing when nothing is left', async () => {
  const { commits, client, offset, state } = scene([0]);
  expect((await commits.commit([offset(0), offset(1, 0)])).kind).toBe('committed');
  expect(client.requests('OffsetCommit')[0].topics[0].partitions).toHaveLength(1);
  expect((await commits.commit([offset(0, 0)])).kind).toBe('lost');
  state.identity = null;
  expect((await commits.commit([offset(0)])).kind).toBe('lost');
  expect(client.requests('OffsetCommit')).toHaveLength(1);
});

test('a commit whose partitions were given up meanwhile is waited for no longer, by a member that goes on', async () => {
  const { commits, offset, state, waits, client } = scene();
  client.on(findCoordinator, () => {
    state.epoch++;
    return { nodeId: 1, host: 'b', port: 1, errorCode: 0, coordinators: [] };
  });
  expect((await commits.commit([offset(0)])).kind).toBe('lost');
  expect(client.requests('OffsetCommit')).toEqual([]);
  expect(waits).toEqual(['loop.waiting', 'loop.answered']);
});

test.each([
  ['COORDINATOR_LOAD_IN_PROGRESS', 'retry', []],
  ['NOT_COORDINATOR', 'retry', []],
  ['REQUEST_TIMED_OUT', 'retry', []],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'retry', []],
  ['ILLEGAL_GENERATION', 'lost', ['lost']],
  ['UNKNOWN_MEMBER_ID', 'lost', ['forgotten']],
] as const)('%s: %s', async (code, kind, told) => {
  const { commits, offset, story } = scene([k[code]]);
  expect((await commits.commit([offset(0)])).kind).toBe(kind);
  expect(story).toEqual(told);
});

test('a connection that breaks costs nothing', async () => {
  const { commits, offset, story } = scene();
  expect((await commits.commit([offset(0)])).kind).toBe('retry');
  expect(story).toEqual([]);
});

test('the worst answer of several partitions decides', async () => {
  const { commits, offset } = scene([0, k.COORDINATOR_LOAD_IN_PROGRESS, k.ILLEGAL_GENERATION]);
  expect((await commits.commit([offset(0), offset(1), offset(2)])).kind).toBe('lost');
});

test('between two generations it tries once more', async () => {
  const { commits, offset, clock, client, story } = scene([k.REBALANCE_IN_PROGRESS], [0]);
  const reply = commits.commit([offset(0)]);
  await clock.advance(0);
  await clock.advance(1000);
  expect(await reply).toEqual({ kind: 'committed' });
  expect(client.requests('OffsetCommit')).toHaveLength(2);
  expect(story).toEqual(['hurry']);
});

test('refused twice between two generations, the partitions are lost', async () => {
  const { commits, offset, clock, story } = scene([k.REBALANCE_IN_PROGRESS], [k.REBALANCE_IN_PROGRESS]);
  const reply = commits.commit([offset(0)]);
  await clock.advance(0);
  await clock.advance(1000);
  expect((await reply).kind).toBe('lost');
  expect(story).toEqual(['hurry', 'lost']);
});

test.each(['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'] as const)(
  '%s while the group moves on with us: sent again under the new generation',
  async (code) => {
    const { commits, offset, client, story, state } = scene([k[code]], [0]);
    const moved = Promise.withResolvers<void>();
    state.joined = moved.promise;
    const reply = commits.commit([offset(0)]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(client.requests('OffsetCommit')).toHaveLength(1);
    state.identity = { memberId: 'm', generation: 5, instanceId: null };
    moved.resolve();
    expect(await reply).toEqual({ kind: 'committed' });
    expect(client.requests('OffsetCommit').map(({ generation }) => generation)).toEqual([4, 5]);
    expect(story).toEqual([]);
  },
);

test.each(['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'] as const)(
  '%s to what a former membership sent does not end the one there is',
  async (code) => {
    const { commits, offset, client, story, state } = scene();
    client.on(offsetCommit, () => {
      state.identity = { memberId: 'n', generation: 1, instanceId: null };
      return { topics: [{ name: 't', topicId: zeroUuid, partitions: [{ partition: 0, errorCode: k[code] }] }] };
    });
    expect((await commits.commit([offset(0)])).kind).toBe('retry');
    expect(story).toEqual([]);
  },
);

test('a fenced instance id ends the run, with the id', async () => {
  const { commits, offset, story, state } = scene([k.FENCED_INSTANCE_ID]);
  state.identity = { memberId: 'm', generation: 4, instanceId: 'payments-3' };
  expect((await commits.commit([offset(0)])).kind).toBe('lost');
  expect(story).toEqual([expect.stringContaining('as payments-3 was refused with FENCED_INSTANCE_ID (82)')]);
});

test('what was given up while it waited is not sent a second time', async () => {
  const { commits, offset, clock, client, state } = scene([k.REBALANCE_IN_PROGRESS], [0]);
  const reply = commits.commit([offset(0)]);
  await clock.advance(0);
  state.epoch = 2;
  await clock.advance(1000);
  expect((await reply).kind).toBe('lost');
  expect(client.requests('OffsetCommit')).toHaveLength(1);
});

test('a refusal that an operator has to remove ends the run', async () => {
  const { commits, offset, story } = scene([k.GROUP_AUTHORIZATION_FAILED]);
  expect((await commits.commit([offset(0)])).kind).toBe('lost');
  expect(story).toEqual([expect.stringContaining('GROUP_AUTHORIZATION_FAILED (30)')]);
});

test('it waits until a commit is accepted; a broker that cannot be reached is not waited for', async () => {
  const { commits, waits, offset } = scene([15], [0]);
  await commits.commit([offset(0)]);
  expect(waits).toEqual(['loop.waiting']);
  await commits.commit([offset(0)]);
  expect(waits).toEqual(['loop.waiting', 'loop.waiting', 'loop.answered']);
  await commits.commit([offset(0)]);
  expect(waits.slice(3)).toEqual(['loop.waiting', 'loop.answered']);
});
