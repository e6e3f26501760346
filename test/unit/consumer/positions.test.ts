// Where a partition begins: its committed offset, else what `from` says; asked until there is an answer.
import { expect, test } from 'vitest';
import { Coordinator } from '../../../runtime/consumer/coordinator.ts';
import { FirstMet } from '../../../runtime/consumer/first-met.ts';
import { Positions } from '../../../runtime/consumer/positions.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import type { TopicPartition } from '../../../runtime/core/record-set.ts';
import type { GroupSettings } from '../../../runtime/core/settings.ts';
import type { CommitOffset, CommitReply } from '../../../runtime/core/stages.ts';
import { Cluster } from '../../../runtime/kafka/cluster.ts';
import { zeroUuid } from '../../../runtime/protocol/codec.ts';
import { kafkaErrors as k } from '../../../runtime/protocol/error-codes.ts';
import { findCoordinator } from '../../../runtime/protocol/find-coordinator.ts';
import { listOffsets, offsetPlaces } from '../../../runtime/protocol/list-offsets.ts';
import { metadata } from '../../../runtime/protocol/metadata.ts';
import { offsetFetch } from '../../../runtime/protocol/offset-fetch.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { groupSettings } from './support/group-settings.ts';
import { connectionError, ScriptedClient } from './support/scripted-client.ts';

/** Partition n of topic t has `committed[n]`; its log goes from 3 to 30. */
async function scene(committed: readonly number[], from: GroupSettings['from'] = 'earliest') {
  const clock = new ManualClock();
  const client = new ScriptedClient();
  const cluster = new Cluster({ client, clock, random: seededRandom(1) });
  const place = { errorCode: 0, leaderEpoch: 1, replicas: [], isr: [], offlineReplicas: [] };
  const kept: string[] = [];
  const replies: CommitReply['kind'][] = [];
  const state = {
    ...{ replies, end: 30, errors: [] as number[], metadata: [] as string[] },
    ...{ leaders: committed.map(() => 1), given: new Set<number>() },
  };
  client.on(findCoordinator, () => ({ nodeId: 1, host: 'b', port: 1, errorCode: 0, coordinators: [] }));
  client.on(metadata, () => ({
    brokers: [{ nodeId: 1, host: 'b', port: 1, rack: null }],
    topics: [
      {
        ...{ errorCode: 0, name: 't', topicId: zeroUuid, internal: false, operations: 0 },
        partitions: state.leaders.map((leader, partition) => ({ ...place, partition, leader })),
      },
    ],
  }));
  client.on(offsetFetch, (request) => {
    const errorCode = state.errors.shift() ?? 0;
    const partitions = request.topics![0]!.partitions.map((partition) => ({
      ...{ partition, leaderEpoch: -1, metadata: state.metadata[partition] ?? '', errorCode },
      offset: errorCode === 0 ? (committed[partition] ?? -1) : -1,
    }));
    return { errorCode: 0, groups: [], topics: [{ name: 't', topicId: zeroUuid, partitions }] };
  });
  client.on(listOffsets, (request) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partition, timestamp }) => ({
        ...{ partition, errorCode: state.errors.shift() ?? 0, timestamp: -1, leaderEpoch: 1 },
        offset: timestamp === offsetPlaces.earliest ? 3 : state.end,
      })),
    })),
  }));
  await cluster.refresh(['t']);
  const firstMet = new FirstMet(cluster);
  const options = {
    client,
    cluster,
    firstMet,
    clock,
    random: seededRandom(1),
    coordinator: new Coordinator('g', client, cluster),
    emit: () => {},
    commit: async (offsets: readonly CommitOffset[]): Promise<CommitReply> => {
      kept.push(offsets.map(({ partition, offset, epoch }) => `${partition}@${offset} epoch ${epoch}`).join(' '));
      state.end++; // records go on coming
      return { kind: state.replies.shift() ?? 'committed', reason: 'as the test wants' } as CommitReply;
    },
    saved: null,
  };
  const positions = new Positions({ ...options, group: groupSettings('g', ['t'], { from }) });
  const found: string[] = [];
  const search = {
    partitions: committed.map((_, partition): TopicPartition => ({ topic: 't', partition })),
    wanted: ({ partition }: TopicPartition) => !state.given.has(partition),
    found: ({ partition }: TopicPartition, position: number) => {
      found.push(`${partition}@${position}`);
    },
    signal: new AbortController().signal,
  };
  /** Lets time pass until the search is over. */
  const run = async (work: Promise<void>): Promise<readonly string[]> => {
    let over = false;
    void work.finally(() => {
      over = true;
    });
    while (!over) await clock.advance(100);
    await work;
    return found;
  };
  return { clock, client, cluster, firstMet, state, kept, positions, search, run };
}

test('committed offsets win, the rest begins where `from` says', async () => {
  const earliest = await scene([7, -1, 0]);
  expect(await earliest.run(earliest.positions.committed(earliest.search))).toEqual(['0@7', '2@0', '1@3']);
  expect(earliest.client.requests('OffsetFetch')[0].requireStable).toBe(true);
  const latest = await scene([7, -1], 'latest');
  expect(await latest.run(latest.positions.committed(latest.search))).toEqual(['0@7', '1@30']);
  expect(latest.client.requests('ListOffsets')[0].isolationLevel).toBe(1);
});

test('`from: latest` is the end that was found first, and it is committed before anything is read', async () => {
  const { positions, search, state, kept, run } = await scene([-1, 7], 'latest');
  state.replies.push('retry', 'lost');
  expect(await run(positions.committed(search))).toEqual(['1@7', '0@30']);
  expect(kept).toEqual(['0@30 epoch 0', '0@30 epoch 0', '0@30 epoch 0']);
});

test('`from: latest`: what is given up while it is committed is not opened', async () => {
  const { positions, search, state, run } = await scene([-1], 'latest');
  state.replies.push('lost');
  const work = run(positions.committed(search));
  state.given.add(0);
  expect(await work).toEqual([]);
});

test('a partition that a topic has got since is read from its beginning, also with `from: latest`', async () => {
  const { positions, search, cluster, state, kept, run } = await scene([-1], 'latest');
  state.leaders.push(1);
  await run(cluster.refresh());
  const all = { ...search, partitions: [0, 1].map((partition) => ({ topic: 't', partition })) };
  expect(await run(positions.fromStart(all))).toEqual(['0@30', '1@3']);
  expect(kept).toEqual(['0@30 epoch 0 1@3 epoch 0']);
});

test('a process that starts after the topic has grown hears of it from the commits of the other partitions', async () => {
  const { positions, search, firstMet, state, kept, client, run } = await scene([12, -1, -1, -1], 'latest');
  state.metadata = ['partitions=2', "what somebody's tool wrote"];
  state.errors.push(0, k.COORDINATOR_LOAD_IN_PROGRESS); // for what is assigned, then for all
  const added = { ...search, partitions: [1, 3].map((partition) => ({ topic: 't', partition })) };
  expect(await run(positions.committed(added))).toEqual(['1@30', '3@3']);
  expect(kept).toEqual(['1@30 epoch 0 3@3 epoch 0']);
  expect(client.requests('OffsetFetch').map(({ requireStable }) => requireStable)).toEqual([true, false, false]);
  expect(firstMet.metadata('t')).toBe('partitions=2');
});

test('of two processes that met a topic while it grew, the one that saw less of it is believed', async () => {
  const { firstMet, cluster } = await scene([-1, -1, -1], 'latest');
  expect(firstMet.metadata('t')).toBe('partitions=3');
  for (const metadata of ['partitions=2', 'partitions=5', 'partitions=0', 'partitions=-1', null])
    firstMet.learn('t', metadata);
  expect(firstMet.partitionCount('t')).toBe(2);
  const nobody = new FirstMet(cluster);
  expect([nobody.partitionCount('unknown'), nobody.metadata('unknown')]).toEqual([0, null]);
});

test('`from: fail` forbids to choose, and says how to go on', async () => {
  const { positions, search } = await scene([7, -1], 'fail');
  await expect(positions.committed(search)).rejects.toMatchObject({
    code: 'RT_OFFSET_MISSING',
    retryable: false,
    message: expect.stringContaining('t/1'),
  });
});

test.each(['UNSTABLE_OFFSET_COMMIT', 'COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR'] as const)(
  '%s: asks again',
  async (code) => {
    const { positions, search, state, client, run } = await scene([7]);
    state.errors.push(k[code], k[code]);
    expect(await run(positions.committed(search))).toEqual(['0@7']);
    expect(client.requests('OffsetFetch')).toHaveLength(3);
    expect(client.requests('FindCoordinator')).toHaveLength(code === 'NOT_COORDINATOR' ? 3 : 1);
  },
);

test('a connection that breaks, a leader that moves and one that is missing are waited out', async () => {
  const { positions, search, state, client, run } = await scene([-1, -1]);
  state.leaders = [1, -1];
  let broken = 0;
  const { send } = client;
  client.send = (to, purpose, api, request) => {
    if (api.name === 'ListOffsets' && broken++ === 0) return Promise.reject(connectionError());
    if (api.name === 'ListOffsets' && broken === 3) state.leaders = [1, 1];
    return send.call(client, to, purpose, api, request) as never;
  };
  // For OffsetFetch, then for ListOffsets.
  state.errors.push(0, k.NOT_LEADER_OR_FOLLOWER);
  expect([...(await run(positions.committed(search)))].sort()).toEqual(['0@3', '1@3']);
});

test('a partition that was given up meanwhile is not answered', async () => {
  const { positions, search, state, run } = await scene([7, 8]);
  state.given.add(0);
  expect(await run(positions.committed(search))).toEqual(['1@8']);
});

test('a refusal that an operator has to remove ends the search', async () => {
  const { positions, search, state } = await scene([7]);
  state.errors.push(k.GROUP_AUTHORIZATION_FAILED);
  await expect(positions.committed(search)).rejects.toMatchObject({ code: 'RT_KAFKA_REFUSED', retryable: false });
});
