// Who is asked for what, and what becomes of the answers, against scripted brokers in manual time.
// Row S-46.
import { expect, test } from 'vitest';
import { Fetcher } from '../../../runtime/consumer/fetcher.ts';
import { AssignedPartition } from '../../../runtime/consumer/partition.ts';
import { SetQueue } from '../../../runtime/consumer/set-queue.ts';
import { BytesPool } from '../../../runtime/core/bytes-pool.ts';
import { KafkaError } from '../../../runtime/core/errors.ts';
import { ProgressPool } from '../../../runtime/core/progress.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import { partitionKey, type RecordSet } from '../../../runtime/core/record-set.ts';
import { Cluster } from '../../../runtime/kafka/cluster.ts';
import { zeroUuid } from '../../../runtime/protocol/codec.ts';
import { kafkaErrors as k } from '../../../runtime/protocol/error-codes.ts';
import { fetch } from '../../../runtime/protocol/fetch.ts';
import { metadata } from '../../../runtime/protocol/metadata.ts';
import { writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { groupSettings } from './support/group-settings.ts';
import { ScriptedClient } from './support/scripted-client.ts';

type Answer = { readonly errorCode?: number; readonly records?: Buffer };
const firstId = '1'.padStart(32, '0');
const secondId = '2'.padStart(32, '0');

/** Two brokers; partition n of topic t is led by broker n % 2 + 1. */
async function scene(partitionCount: number, topicId: string = zeroUuid, minBytes = 1) {
  const clock = new ManualClock();
  const client = new ScriptedClient();
  const cluster = new Cluster({ client, clock, random: seededRandom(1) });
  const leaders = Array.from({ length: partitionCount }, (_, partition) => (partition % 2) + 1);
  const full = new Set<number>();
  /** What the brokers call the topic's id, and how long they want to be left alone after the next answer. */
  const broker = { topicId, throttleTimeMs: 0 };
  const story: string[] = [];
  const sets: RecordSet[] = [];
  /** What each partition is answered next; nothing: the broker waits. */
  const answers = new Map<number, Answer[]>();
  client.on(metadata, () => ({
    brokers: [1, 2].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null })),
    topics: [
      {
        errorCode: 0,
        name: 't',
        topicId: broker.topicId,
        internal: false,
        partitions: leaders.map((leader, partition) => ({
          ...{ errorCode: 0, partition, leader, leaderEpoch: 3, replicas: [], isr: [], offlineReplicas: [] },
        })),
        operations: 0,
      },
    ],
  }));
  client.on(fetch, async (request) => {
    const asked = request.topics[0]!.partitions.map(({ partition }) => partition);
    const given = asked.map((partition) => answers.get(partition)?.shift() ?? {});
    if (given.every((answer) => answer.errorCode === undefined && answer.records === undefined)) {
      await new Promise<void>((resolve) => clock.after(request.maxWaitMs, resolve));
    }
    const partitions = given.map((answer, i) => ({ ...emptyAnswer, partition: asked[i]!, ...answer }));
    const { throttleTimeMs } = broker;
    broker.throttleTimeMs = 0;
    const { topicId: asking } = request.topics[0]!;
    const name = asking === zeroUuid ? 't' : '';
    return { throttleTimeMs, errorCode: 0, topics: [{ name, topicId: asking, partitions }] };
  });
  await cluster.refresh(['t']);
  const queue = new SetQueue(() => {});
  const partitions = leaders.map((_, partition) => new AssignedPartition({ topic: 't', partition }));
  for (const partition of partitions) partition.open(0);
  const group = groupSettings('g', ['t']);
  const fetcher = new Fetcher({
    group: { ...group, fetch: { ...group.fetch, minBytes } },
    client,
    cluster,
    clock,
    random: seededRandom(1),
    emit: () => {},
    pool: new ProgressPool(),
    bytes: new BytesPool(),
    queue,
    partitions: () => partitions,
    hasRoom: ({ partition }) => !full.has(partition),
    outOfRange: (partition) => story.push(`out of range ${partitionKey(partition)}`),
    replaced: (partition) => {
      story.push(`replaced ${partitionKey(partition)} at ${partition.position}`);
      partition.stop();
    },
    damaged: (partition, reason) => {
      if (partition.foundDamaged(partition.position) < 3) return 'again';
      story.push(`damaged ${partitionKey(partition)}: ${reason}`);
      partition.stop();
      return 'stopped';
    },
    failed: (error) => story.push(`failed: ${(error as Error).message}`),
  });
  const read = async (): Promise<void> => {
    for (let set = await queue.next(); set !== null; set = await queue.next()) sets.push(set);
  };
  return {
    ...{ clock, client, cluster, broker, leaders, full, story, sets, answers, queue, partitions, fetcher, read },
    /** Partitions of each fetch so far, with the broker: `b1: 0 2`. */
    asked: () =>
      client.sent
        .filter(({ api }) => api === 'Fetch')
        .map(({ to, request }) => {
          const numbers = request.topics[0].partitions.map(({ partition }: { partition: number }) => partition);
          return `${(to as { host: string }).host}: ${numbers.sort().join(' ')}`;
        }),
    async [Symbol.asyncDispose]() {
      fetcher.stop();
      queue.end();
      await clock.advance(1000);
      expect(clock.pending).toBe(0);
    },
  };
}

const emptyAnswer = {
  errorCode: 0,
  highWatermark: 0,
  lastStableOffset: 0,
  logStartOffset: 0,
  divergingEpoch: null,
  currentLeader: null,
  abortedTransactions: null,
  preferredReadReplica: -1,
  records: null,
};

function records(baseOffset: number, count: number): Buffer {
  const made = Array.from({ length: count }, () => ({ key: null, value: Buffer.from('v'), headers: [], timestamp: 0 }));
  return writeBatch({ records: made, baseOffset });
}

test('asks every leader for its own partitions, with the leader epoch and one request at a time', async () => {
  await using it = await scene(4);
  void it.read();
  it.fetcher.arrange();
  await it.clock.advance(50);
  expect(new Set(it.asked())).toEqual(new Set(['b1: 0 2', 'b2: 1 3']));
  expect(it.asked()).toHaveLength(2);
  const request = it.client.requests('Fetch')[0];
  expect(request).toMatchObject({ isolationLevel: 1, sessionEpoch: -1, maxWaitMs: 100, minBytes: 1 });
  expect(request.topics[0].partitions[0]).toMatchObject({ currentLeaderEpoch: 3, offset: 0 });
  expect(request.topics[0].partitions[0].maxBytes).toBeGreaterThanOrEqual(1024 * 1024);
});

test('asks for what comes next while earlier sets are worked on', async () => {
  await using it = await scene(1);
  void it.read();
  it.answers.set(0, [{ records: records(0, 5) }, { records: records(5, 5) }]);
  it.fetcher.arrange();
  await it.clock.advance(0);
  await it.clock.advance(0);
  expect(it.sets.map((set) => [set.firstOffset, set.lastOffset])).toEqual([
    [0, 4],
    [5, 9],
  ]);
  expect(it.client.requests('Fetch').at(-1).topics[0].partitions[0].offset).toBe(10);
});

test('asks for nothing more while sets wait to be handed over', async () => {
  await using it = await scene(1);
  it.answers.set(0, [{ records: records(0, 5) }]);
  it.fetcher.arrange();
  await it.clock.advance(500);
  expect(it.asked()).toHaveLength(1);
  void it.read();
  await it.clock.advance(0);
  expect(it.asked()).toHaveLength(2);
});

test('a partition without room is left out, the broker is hurried, and wake brings it back', async () => {
  await using it = await scene(3);
  void it.read();
  it.full.add(0);
  it.fetcher.arrange();
  await it.clock.advance(0);
  expect(it.asked().filter((line) => line.startsWith('b1'))).toEqual(['b1: 2']);
  expect(it.client.requests('Fetch')[0].maxWaitMs).toBe(10);
  it.full.clear();
  await it.clock.advance(10);
  expect(
    it
      .asked()
      .filter((line) => line.startsWith('b1'))
      .at(-1),
  ).toBe('b1: 0 2');
});

test('when nothing has room nothing is asked, until somebody wakes it', async () => {
  await using it = await scene(1);
  void it.read();
  it.full.add(0);
  it.fetcher.arrange();
  await it.clock.advance(50);
  expect(it.asked()).toEqual([]);
  it.full.clear();
  it.fetcher.wake();
  await it.clock.advance(0);
  expect(it.asked()).toEqual(['b1: 0']);
});

test('while nothing comes a broker is asked to wait longer, until something does', async () => {
  await using it = await scene(1);
  void it.read();
  const waits = (): readonly number[] => it.client.requests('Fetch').map(({ maxWaitMs }) => maxWaitMs);
  it.fetcher.arrange();
  for (const wait of [0, 100, 200, 400, 800, 799]) await it.clock.advance(wait);
  expect(waits()).toEqual([100, 200, 400, 800, 800]);
  it.answers.set(0, [{ records: records(0, 5) }]);
  await it.clock.advance(1);
  expect(waits()).toEqual([100, 200, 400, 800, 800, 800, 100]);
});

test('who wants more than a byte waits no longer for it than asked', async () => {
  await using it = await scene(1, zeroUuid, 1000);
  void it.read();
  it.fetcher.arrange();
  await it.clock.advance(1000);
  expect(new Set(it.client.requests('Fetch').map(({ maxWaitMs }) => maxWaitMs))).toEqual(new Set([100]));
});

test('a partition that opens does not wait for the end of such a wait, nor does it end one elsewhere', async () => {
  await using it = await scene(4);
  void it.read();
  const late = it.partitions.splice(2, 1);
  it.fetcher.arrange();
  for (const wait of [0, 100, 0]) await it.clock.advance(wait);
  const before = it.asked().length;
  it.fetcher.wake();
  await it.clock.advance(0);
  expect(it.asked()).toHaveLength(before);
  it.partitions.push(...late);
  it.fetcher.arrange();
  await it.clock.advance(0);
  expect(it.asked().slice(before)).toEqual(['b1: 0 2']);

  for (const wait of [100, 0]) await it.clock.advance(wait);
  it.partitions[0]!.reopen(7);
  it.fetcher.wake();
  await it.clock.advance(0);
  const { maxWaitMs, topics } = it.client.requests('Fetch').at(-1);
  expect([maxWaitMs, ...topics[0].partitions.map(({ offset }: { offset: number }) => offset).sort()]).toEqual([
    100, 0, 7,
  ]);
  expect(it.story).toEqual([]);
});

test('an answer that comes after the partition was reopened is dropped', async () => {
  await using it = await scene(1);
  void it.read();
  const arrivals = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let asked = 0;
  it.client.on(fetch, async () => {
    await arrivals[asked++]!.promise;
    const partitions = [{ ...emptyAnswer, partition: 0, records: records(0, 5) }];
    return { errorCode: 0, topics: [{ name: 't', topicId: zeroUuid, partitions }] };
  });
  it.fetcher.arrange();
  await it.clock.advance(0);
  it.partitions[0]!.reopen(0);
  arrivals[0]!.resolve();
  await it.clock.advance(0);
  expect(asked).toBe(2);
  expect(it.sets).toEqual([]);
  expect(it.partitions[0]!.position).toBe(0);
  it.fetcher.stop();
  arrivals[1]!.resolve();
});

test('follows a leader that has moved, and keeps the position', async () => {
  await using it = await scene(1);
  void it.read();
  it.answers.set(0, [{ records: records(0, 5) }, { errorCode: k.NOT_LEADER_OR_FOLLOWER }]);
  it.leaders[0] = 2;
  it.fetcher.arrange();
  await it.clock.advance(0);
  await it.clock.advance(2000);
  expect(it.asked().at(-1)).toBe('b2: 0');
  expect(it.client.requests('Fetch').at(-1).topics[0].partitions[0].offset).toBe(5);
});

test('follows a leader that somebody else found to have moved, without an error', async () => {
  await using it = await scene(1);
  void it.read();
  it.fetcher.arrange();
  await it.clock.advance(10_000);
  it.leaders[0] = 2;
  await it.cluster.refresh();
  await it.clock.advance(200);
  expect(it.asked().at(-1)).toBe('b2: 0');
});

test('damaged bytes are read again twice, then the partition is stopped', async () => {
  await using it = await scene(1);
  void it.read();
  const damaged = records(0, 5);
  damaged.writeInt8(1, 16);
  it.answers.set(0, [{ records: damaged }, { errorCode: k.CORRUPT_MESSAGE }, { records: damaged }]);
  it.fetcher.arrange();
  await it.clock.advance(0);
  await it.clock.advance(3000);
  expect(it.story).toEqual([expect.stringContaining('damaged t/0: record format 1')]);
  expect(it.sets).toEqual([]);
});

test('damage that is gone the next time costs nothing', async () => {
  await using it = await scene(1);
  void it.read();
  it.answers.set(0, [{ errorCode: k.CORRUPT_MESSAGE }, { errorCode: k.CORRUPT_MESSAGE }, { records: records(0, 5) }]);
  it.fetcher.arrange();
  await it.clock.advance(0);
  await it.clock.advance(3000);
  expect(it.sets).toHaveLength(1);
  expect(it.story).toEqual([]);
});

test('says when a position does not exist, and when an operator has to act', async () => {
  await using it = await scene(2);
  void it.read();
  it.answers.set(0, [{ errorCode: k.OFFSET_OUT_OF_RANGE }]);
  it.answers.set(1, [{ errorCode: k.TOPIC_AUTHORIZATION_FAILED }]);
  it.fetcher.arrange();
  await it.clock.advance(0);
  expect(it.story).toContain('out of range t/0');
  expect(it.story).toContainEqual(expect.stringContaining('failed: fetching t/1'));
});

test('a topic that was deleted and made anew is not read from where the old one was', async () => {
  await using it = await scene(1, firstId);
  void it.read();
  it.answers.set(0, [{ records: records(0, 5) }, { errorCode: k.UNKNOWN_TOPIC_ID }]);
  it.fetcher.arrange();
  await it.clock.advance(0);
  expect(it.sets).toHaveLength(1);
  expect(it.client.requests('Fetch')[0].topics[0].topicId).toBe(firstId);
  it.broker.topicId = secondId;
  await it.clock.advance(2000);
  expect(it.story).toEqual(['replaced t/0 at 5']);
  expect(it.client.requests('Fetch').every(({ topics }) => topics[0].topicId === firstId)).toBe(true);
});

test('a broker that asks to be left alone is left alone, for 30 seconds at most', async () => {
  for (const [throttleTimeMs, leftAloneMs] of [
    [5_000, 5_000],
    [0x7fffffff, 30_000],
  ] as const) {
    await using it = await scene(1);
    void it.read();
    it.answers.set(0, [{ records: records(0, 5) }]);
    it.broker.throttleTimeMs = throttleTimeMs;
    it.fetcher.arrange();
    await it.clock.advance(0);
    expect(it.sets).toHaveLength(1);
    await it.clock.advance(leftAloneMs - 1);
    expect(it.asked()).toHaveLength(1);
    await it.clock.advance(1);
    expect(it.asked()).toHaveLength(2);
  }
});

test('an answer that cannot be taken is asked for again, with backoff', async () => {
  await using it = await scene(1);
  void it.read();
  let asked = 0;
  it.client.on(fetch, () => {
    if (asked++ < 20) throw new KafkaError('RT_KAFKA_PROTOCOL', 'a frame of 2 GiB', { retryable: true });
    const partitions = [{ ...emptyAnswer, partition: 0, records: records(0, 5) }];
    it.fetcher.stop();
    return { errorCode: 0, topics: [{ name: 't', topicId: zeroUuid, partitions }] };
  });
  it.fetcher.arrange();
  await it.clock.advance(0);
  await it.clock.advance(10_000);
  expect(asked).toBeGreaterThan(8);
  expect(asked).toBeLessThan(20);
  await it.clock.advance(30_000);
  expect(asked).toBe(21);
  expect(it.story).toEqual([]);
});
