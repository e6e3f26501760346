// Rows B10, B11, B13, B14, B19 and B20: brokers that throttle, refuse what is too large, tell of leaders that are not there,
// speak no version of ours, have another time, or are not where they should be.
import { expect, test } from 'vitest';
import type { Clock } from '../../runtime/core/clock.ts';
import { systemClock } from '../../runtime/core/clock.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { embeddedTarget } from './support/embedded-target.ts';
import { fastClock } from './support/fast-clock.ts';
import { startScene } from './support/scene.ts';

test('B10: a throttled fetch waits, and heartbeats go on, however long theirs are throttled', async (t) => {
  const target = await embeddedTarget(t);
  const { frames, load, finished, rt } = await startScene(t, target, {
    clock: fastClock(10),
    group: { protocol: 'classic', timeouts: { heartbeat: '500ms', session: '5m', rebalance: '5m' } },
  });
  const throttled = (throttleTimeMs: number) => ({
    kind: 'change' as const,
    change: (answer: object) => ({ ...answer, throttleTimeMs }),
  });
  frames.always('Heartbeat', throttled(0x7fffffff));
  frames.next('Fetch', throttled(4_500));
  const struck = frames.struck;
  await rt.until(() => frames.struck > struck);
  await load.publish(10);
  const [fetches, heartbeats] = [frames.seen('Fetch'), frames.seen('Heartbeat')];
  await rt.until(() => frames.seen('Heartbeat') >= heartbeats + 4);
  expect(frames.seen('Fetch') - fetches).toBeLessThanOrEqual(1);
  await finished();
  expect(await load.broken()).toEqual([]);
});

test('B11: a dead letter that is too large goes without its value', async (t) => {
  const { frames, load, finished, kafka, topic } = await startScene(t, await embeddedTarget(t));
  frames.next('Produce', { kind: 'error', code: 10 });
  await load.publish(50);
  await finished();
  expect(await load.broken()).toEqual([]);
  const letters = await kafka.read(`${topic}.dlq`);
  expect(letters.map(({ value }) => value)).toEqual([null]);
});

const nonsense: readonly [what: string, change: (answer: MetadataAnswer) => object][] = [
  ['without the topic', (answer) => ({ ...answer, topics: [] })],
  ['without a leader', (answer) => ({ ...answer, topics: answer.topics.map((topic) => led(topic, -1)) })],
  [
    'with a leader that is no broker',
    (answer) => ({ ...answer, topics: answer.topics.map((topic) => led(topic, 99)) }),
  ],
  ['with an empty host', (answer) => ({ ...answer, brokers: answer.brokers.map((b) => ({ ...b, host: '' })) })],
  ['with port 0', (answer) => ({ ...answer, brokers: answer.brokers.map((b) => ({ ...b, port: 0 })) })],
  ['without brokers', (answer) => ({ ...answer, brokers: [] })],
];

test.for(nonsense)('B13: metadata %s, at the start and while it runs, is asked for again', async ([, change], t) => {
  let asked = 0;
  const scene = await startScene(t, await embeddedTarget(t), {
    clock: fastClock(10),
    joined: false,
    group: { protocol: 'classic', timeouts: { heartbeat: '2s', session: '5m', rebalance: '5m' } },
    manifest: { kafka: { requestTimeout: '6s' } },
    before: (frames) =>
      frames.always('Metadata', {
        kind: 'change',
        change: (answer: MetadataAnswer) => (asked++ < 3 ? change(answer) : answer),
      }),
  });
  const { frames, load, finished, rt } = scene;
  await load.publish(20);
  await rt.until(() => asked > 3 && load.handled > 0);
  // Somebody has to ask again: a leader that says it is none any more makes us.
  asked = 0;
  frames.next('Fetch', { kind: 'error', code: 6 });
  await load.publish(20);
  await rt.until(() => asked > 3);
  await finished();
  expect(await load.broken()).toEqual([]);
  expect(rt.count('group.failed')).toBe(0);
});

test('B13: 10,000 partitions are read', { timeout: 120_000 }, async (t) => {
  const partitions = 10_000;
  const { load, rt, kafka, topic } = await startScene(t, await embeddedTarget(t), { partitions, sampled: false });
  const headers = [['sequence', Buffer.from('0')] as const, ['poison', Buffer.from('no')] as const];
  for (const partition of [0, 5_000, 9_999]) {
    await kafka.publish(topic, [{ partition, key: Buffer.from(`${partition}`), value: null, headers }]);
  }
  await rt.until(() => load.handled === 3);
});

const versions: readonly [what: string, change: (answer: VersionsAnswer) => object, message: RegExp][] = [
  ['of no API', (answer) => ({ ...answer, apis: [] }), /the broker does not know it/],
  ['without Fetch', (answer) => ({ ...answer, apis: answer.apis.filter(({ key }) => key !== 1) }), /Fetch versions/],
  ['that end before they begin', (answer) => of(answer, 1, 9, 3), /Fetch versions/],
  ['that are all too old', (answer) => of(answer, 1, 0, 1), /Fetch versions .* the broker speaks 0 to 1/],
  ['that are all too new', (answer) => of(answer, 1, 100, 120), /Fetch versions .* the broker speaks 100 to 120/],
  ['refused', (answer) => ({ ...answer, errorCode: 42, apis: [] }), /ApiVersions with error 42/],
];

test.for(versions)('B14: versions %s end the process with exit code 2', async ([, change, message], t) => {
  const { rt } = await startScene(t, await embeddedTarget(t), {
    joined: false,
    before: (frames) => frames.always('ApiVersions', { kind: 'change', change }),
  });
  const { exitCode, error } = await rt.runtime.done;
  expect({ exitCode, code: (error as { code: string }).code }).toEqual({ exitCode: 2, code: 'RT_KAFKA_UNSUPPORTED' });
  expect((error as Error).message).toMatch(message);
});

test('B19: a clock that jumps, and times of records that go backwards, change nothing', async (t) => {
  let jumpMs = 0;
  const clock: Clock = { ...systemClock, wallTime: () => Date.now() + jumpMs };
  const { load, finished, rt, kafka, topic } = await startScene(t, await embeddedTarget(t), { clock });
  const day = 24 * 3600 * 1000;
  for (const jump of [400 * day, -400 * day, 0]) {
    await load.publish(100);
    await rt.until(() => load.handled > 0);
    jumpMs = jump;
    await load.publish(100);
  }
  await finished();
  expect(await load.broken()).toEqual([]);
  const headers = [['sequence', Buffer.from('0')] as const, ['poison', Buffer.from('no')] as const];
  const handled = load.handled;
  const times = [Date.now(), Date.now() - 30 * day, 0];
  for (const timestamp of times)
    await kafka.publish(topic, [{ key: Buffer.from('k'), value: null, headers, timestamp }]);
  await rt.until(() => load.handled === handled + times.length);
  expect(rt.count('group.failed')).toBe(0);
});

test('B20: of a list of brokers the first that answers is taken', async (t) => {
  const { addresses } = await embeddedTarget(t);
  const nowhere = { host: '127.0.0.1', port: 1 };
  const rt = await startTestRuntime(t, {
    brokers: [nowhere, { host: 'no-such-host.invalid', port: 9092 }, { host: '[::1]', port: 1 }, nowhere, ...addresses],
    topics: { orders: { partitions: 1 } },
    group: { name: 'billing', batch: { maxWait: '50ms' } },
  });
  await rt.publish('orders', [['key', {}]]);
  await rt.until(() => rt.runtime.stats().total.events_consumed === 1);
});

test('B20: while no broker can be reached it is not ready, and goes on trying', async (t) => {
  const { rt, network, load, finished } = await startScene(t, await embeddedTarget(t), {
    joined: false,
    before: (_, network) => network.refuse(true),
  });
  await rt.until(() => network.accepted() > 5);
  expect(rt.runtime.ready()).toBe(false);
  network.refuse(false);
  await rt.until(() => rt.runtime.ready());
  await load.publish(20);
  await finished();
});

interface MetadataAnswer {
  readonly brokers: readonly object[];
  readonly topics: readonly { readonly partitions: readonly object[] }[];
}

interface VersionsAnswer {
  readonly apis: readonly { readonly key: number }[];
}

function led(topic: MetadataAnswer['topics'][number], leader: number) {
  return { ...topic, partitions: topic.partitions.map((partition) => ({ ...partition, leader })) };
}

function of(answer: VersionsAnswer, key: number, minVersion: number, maxVersion: number) {
  return { ...answer, apis: answer.apis.map((api) => (api.key === key ? { ...api, minVersion, maxVersion } : api)) };
}
