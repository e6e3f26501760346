// What is known about the cluster is asked for once, kept, and asked for again when it is old or was refused.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../runtime/core/random.ts';
import { Cluster } from '../../../runtime/kafka/cluster.ts';
import { zeroUuid } from '../../../runtime/protocol/codec.ts';
import { findCoordinator } from '../../../runtime/protocol/find-coordinator.ts';
import { metadata } from '../../../runtime/protocol/metadata.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { connectionError, ScriptedClient } from '../consumer/support/scripted-client.ts';

function scene() {
  const clock = new ManualClock();
  const client = new ScriptedClient();
  const state = { leader: 1 };
  client.on(metadata, (request) => ({
    brokers: [1, 2].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null })),
    topics: request.topics!.map(({ name }) => ({
      errorCode: name === 'gone' ? 3 : 0,
      name,
      topicId: zeroUuid,
      internal: false,
      partitions: name === 'gone' ? [] : [place(0, state.leader), place(1, -1)],
      operations: 0,
    })),
  }));
  return { clock, client, state, cluster: new Cluster({ client, clock, random: seededRandom(1) }) };
}

function place(partition: number, leader: number) {
  return { errorCode: 0, partition, leader, leaderEpoch: 7, replicas: [], isr: [], offlineReplicas: [] };
}

test('knows leaders with their epoch, partitions without one, and topics that do not exist', async () => {
  const { cluster } = scene();
  const views = await cluster.partitionsOf(['a', 'gone']);
  expect(views.map((view) => [view.name, view.partitionCount, view.errorCode])).toEqual([
    ['a', 2, 0],
    ['gone', 0, 3],
  ]);
  const leader = { node: { nodeId: 1, host: 'b1', port: 9092 }, leaderEpoch: 7 };
  expect(cluster.leaderOf({ topic: 'a', partition: 0 })).toEqual(leader);
  expect(cluster.leaderOf({ topic: 'a', partition: 1 })).toBe(null);
  expect(cluster.leaderOf({ topic: 'b', partition: 0 })).toBe(null);
});

test('asks once for what several want to know at the same time, and for new topics beside the old ones', async () => {
  const { cluster, client, clock } = scene();
  const all = Promise.all([cluster.partitionsOf(['a']), cluster.refresh(), cluster.partitionsOf(['a'])]);
  await all;
  expect(client.requests('Metadata')).toHaveLength(1);
  const more = cluster.partitionsOf(['b']);
  await clock.advance(1000);
  await more;
  expect(client.requests('Metadata')[1].topics.map(({ name }: { name: string }) => name)).toEqual(['a', 'b']);
});

test('is fresh for a minute', async () => {
  const { cluster, client, clock } = scene();
  await cluster.partitionsOf(['a']);
  await clock.advance(60_000);
  await cluster.partitionsOf(['a']);
  expect(client.requests('Metadata')).toHaveLength(1);
  await clock.advance(1);
  await cluster.partitionsOf(['a']);
  expect(client.requests('Metadata')).toHaveLength(2);
});

test('refreshes that follow one another are spaced, up to a second', async () => {
  const { cluster, client, clock } = scene();
  const times: number[] = [];
  await cluster.refresh(['a']);
  for (let i = 0; i < 7; i++) {
    const before = clock.now();
    const done = cluster.refresh();
    while (client.requests('Metadata').length < i + 2) await clock.advance(1);
    await done;
    times.push(clock.now() - before);
  }
  expect(times[0]).toBeGreaterThanOrEqual(80);
  expect(times[0]).toBeLessThanOrEqual(121);
  for (const time of times.slice(4)) {
    expect(time).toBeGreaterThanOrEqual(800);
    expect(time).toBeLessThanOrEqual(1001);
  }
  await clock.advance(6000);
  await cluster.refresh(); // calm again: at once
});

test('follows a leader that has moved', async () => {
  const { cluster, state, clock } = scene();
  await cluster.refresh(['a']);
  state.leader = 2;
  const done = cluster.refresh();
  await clock.advance(1000);
  await done;
  expect(cluster.leaderOf({ topic: 'a', partition: 0 })?.node.host).toBe('b2');
});

test('asks the brokers that it knows when those of the configuration are away', async () => {
  const { cluster, client, clock } = scene();
  await cluster.refresh(['a']);
  const answer = client.send.bind(client);
  client.send = (to, ...rest) => (to === 'any' ? Promise.reject(connectionError()) : answer(to, ...rest));
  const done = cluster.refresh();
  await clock.advance(1000);
  await done;
  expect(client.sent.at(-1)?.to).toMatchObject({ host: 'b1' });
});

test('a refresh that failed is told to all that asked, and the next one works', async () => {
  const { cluster, client, clock } = scene();
  const { send } = client;
  client.send = () => Promise.reject(connectionError());
  await expect(cluster.refresh(['a'])).rejects.toMatchObject({ code: 'RT_KAFKA_CONNECTION' });
  client.send = send;
  const done = cluster.refresh();
  await clock.advance(1000);
  await done;
  expect(cluster.topic('a').partitionCount).toBe(2);
});

test('remembers the coordinator until it is told to forget it', async () => {
  const { cluster, client } = scene();
  const node = { nodeId: 1, host: 'b1', port: 9092 };
  client.on(findCoordinator, () => ({ ...node, errorCode: 0, coordinators: [] }));
  expect(await cluster.coordinatorOf('g')).toEqual(node);
  await cluster.coordinatorOf('g');
  expect(client.requests('FindCoordinator')).toHaveLength(1);
  cluster.forgetCoordinator('g');
  await cluster.coordinatorOf('g');
  expect(client.requests('FindCoordinator')).toHaveLength(2);
});

test('says why there is no coordinator', async () => {
  const { cluster, client } = scene();
  client.on(findCoordinator, () => ({ errorCode: 15, coordinators: [] }));
  await expect(cluster.coordinatorOf('g')).rejects.toMatchObject({ retryable: true, kafkaError: { code: 15 } });
  client.on(findCoordinator, () => ({ errorCode: 30, coordinators: [] }));
  await expect(cluster.coordinatorOf('g')).rejects.toMatchObject({ retryable: false, kafkaError: { code: 30 } });
});
