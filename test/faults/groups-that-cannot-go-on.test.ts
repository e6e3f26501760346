// Rows B17 and B18: Kafka refuses one group, or never lets it get anywhere. The one that is refused stops, which can be
// seen, and the others go on; the one that gets nowhere is not asked in a loop, and counts as stuck after `stalledFor`.
import { expect, test } from 'vitest';
import { FaultyFrames, type FrameFault, startFaultyNetwork, startTestRuntime } from '../../runtime/testing/index.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { embedded } from '../scenarios/support/embedded.ts';
import { quick } from '../scenarios/support/quick.ts';
import { fastClock } from './support/fast-clock.ts';

/** Handlers on the main thread; a session that is over long after the test. */
const inline = { ...quick, concurrency: {}, timeouts: { ...quick.timeouts, session: '5m' } };

type T = Parameters<typeof embedded>[0];

async function behindNetwork(t: T) {
  const broker = await embedded(t);
  const frames = new FaultyFrames({ advertise: () => network.address });
  const network = await startFaultyNetwork(() => broker.address, { tap: frames.tap });
  t.onTestFinished(() => network.close());
  const kafka = new TestKafka([broker.address]);
  t.onTestFinished(() => kafka.close());
  for (const topic of ['refused', 'fine']) {
    await kafka.createTopics({ [topic]: { partitions: 1 }, [`${topic}.dlq`]: { partitions: 1 } });
  }
  await kafka.cluster.refresh(['refused', 'fine']);
  return { frames, network, kafka };
}

const refusals: readonly [
  name: string,
  api: string,
  change: (answer: Answer, topicId: string) => object,
  code: number,
][] = [
  [
    'the group',
    'FindCoordinator',
    (answer) => ({ ...answer, coordinators: answer.coordinators!.map(refusedGroup) }),
    30,
  ],
  [
    'the topic',
    'Fetch',
    (answer, topicId) => ({ ...answer, topics: answer.topics!.map((one) => refusedTopic(one, topicId)) }),
    29,
  ],
];

for (const [name, api, change, code] of refusals) {
  for (const when of ['at the start', 'while it runs'] as const) {
    test(`B17: ${name} is refused ${when}: that group stops, it is not ready, the others go on`, async (t) => {
      const { frames, network, kafka } = await behindNetwork(t);
      const { topicId } = kafka.cluster.topic('refused');
      const refuse = () => frames.always(api, { kind: 'change', change: (answer) => change(answer, topicId) });
      if (when === 'at the start') refuse();
      const rt = await startTestRuntime(t, {
        brokers: [network.address],
        groups: {
          refused: { ...inline, protocol: 'classic', topics: ['refused'] },
          fine: { ...inline, protocol: 'classic', topics: ['fine'] },
        },
        joined: false,
      });
      if (when === 'while it runs') {
        await rt.until(() => rt.runtime.ready());
        refuse();
        // Who coordinates is asked again when a coordinator says that it is none.
        frames.next('Heartbeat', { kind: 'error', code: 16 }, { kind: 'error', code: 16 });
      }
      await rt.until(() =>
        rt.events('group.state').some(({ group, state }) => group === 'refused' && state === 'failed'),
      );
      expect(rt.events('group.failed')).toMatchObject([{ group: 'refused', delayMs: null }]);
      expect(rt.runtime.ready()).toBe(false);
      expect(rt.runtime.health().status).toBe('unhealthy');
      await kafka.publish('fine', [['key', {}]]);
      await rt.until(async () => (await rt.committed('fine', 'fine', 0)) === 1n);
      expect(await rt.stop()).toMatchObject({ exitCode: 3, error: { kafkaError: { code } } });
    });
  }
}

const nowhere: readonly [name: string, api: string, fault: FrameFault][] = [
  ['REBALANCE_IN_PROGRESS for ever', 'JoinGroup', { kind: 'error', code: 27 }],
  ['a JoinGroup that hangs', 'JoinGroup', { kind: 'silence' }],
  ['a SyncGroup that hangs', 'SyncGroup', { kind: 'silence' }],
  ['MEMBER_ID_REQUIRED for ever', 'JoinGroup', { kind: 'error', code: 79 }],
];

test.for(nowhere)('B18: %s: asked again with backoff, and stuck after stalledFor', async ([, api, fault], t) => {
  const { frames, network } = await behindNetwork(t);
  frames.always(api, fault);
  const rt = await startTestRuntime(t, {
    brokers: [network.address],
    group: {
      ...inline,
      protocol: 'classic',
      name: 'fine',
      topics: ['fine'],
      timeouts: { heartbeat: '1s', session: '10s', rebalance: '10s' },
    },
    // Of its time 20 s: a JoinGroup may rightly take the rebalance timeout and a little.
    clock: fastClock(10),
    manifest: { observability: { http: { port: 0 }, health: { stalledFor: '5s' } } },
    joined: false,
  });
  await rt.until(() => rt.runtime.health().stalls.length > 0);
  expect(rt.runtime.health()).toMatchObject({ status: 'unhealthy', stalls: [{ group: 'fine' }] });
  const { exitCode, error } = await rt.runtime.done;
  expect({ exitCode, error }).toMatchObject({ exitCode: 3, error: { code: 'RT_GROUP_STALLED' } });
  // With a second between two tries there are not many in this time.
  expect(frames.seen(api)).toBeLessThan(200);
});

test('B18: an assignment without partitions is legal: nothing is stuck', async (t) => {
  const { frames, network, kafka } = await behindNetwork(t);
  frames.next('SyncGroup', { kind: 'change', change: (answer) => ({ ...answer, assignment: Buffer.alloc(0) }) });
  const rt = await startTestRuntime(t, {
    brokers: [network.address],
    group: { ...inline, protocol: 'classic', name: 'fine', topics: ['fine'] },
  });
  expect(rt.count('partition.opened')).toBe(0);
  const beats = frames.seen('Heartbeat');
  await rt.until(() => frames.seen('Heartbeat') > beats + 2);
  expect(rt.runtime.ready()).toBe(true);
  // The next round deals as it should.
  frames.next('Heartbeat', { kind: 'error', code: 27 });
  await kafka.publish('fine', [['key', {}]]);
  await rt.until(async () => (await rt.committed('fine', 'fine', 0)) === 1n);
});

interface Answer {
  readonly coordinators?: readonly { readonly key: string }[];
  readonly topics?: readonly {
    readonly name: string;
    readonly topicId: string;
    readonly partitions: readonly object[];
  }[];
}

function refusedGroup(one: { readonly key: string }) {
  return one.key === 'refused' ? { ...one, errorCode: 30 } : one;
}

function refusedTopic(one: NonNullable<Answer['topics']>[number], topicId: string) {
  if (one.topicId !== topicId && one.name !== 'refused') return one;
  return { ...one, partitions: one.partitions.map((partition) => ({ ...partition, errorCode: 29, records: null })) };
}
