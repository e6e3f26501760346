// What a program that embeds the runtime can ask of it: its topics, a start that means something, a publisher.
import { expect, test } from 'vitest';
import { offerModule } from '../../../runtime/core/modules-in-code.ts';
import { createRuntime } from '../../../runtime/supervisor/supervisor.ts';
import { startTestRuntime } from '../../../runtime/testing/start-test-runtime.ts';
import { testSettings } from '../../../runtime/testing/test-settings.ts';

const nobody = [{ host: '127.0.0.1', port: 1 }];
const handlers = offerModule('nothing', { default: { '*': () => {} } }).file;

test('S-20: topics and their dead letter topics can be asked for, by group', () => {
  const settings = testSettings(
    {
      orders: { fragment: { topicPrefix: 'orders' }, handlers },
      audit: { fragment: { topics: ['a', 'b'], dlq: { suffix: '.dead' } }, handlers },
      quiet: { fragment: { topics: ['c'], dlq: { enabled: false } }, handlers },
    },
    nobody,
  );
  expect(createRuntime(settings, { http: false }).topics()).toEqual([
    { group: 'orders', topic: 'orders.stream', deadLetterTopic: 'orders.stream.dlq' },
    { group: 'audit', topic: 'a', deadLetterTopic: 'a.dead' },
    { group: 'audit', topic: 'b', deadLetterTopic: 'b.dead' },
    { group: 'quiet', topic: 'c', deadLetterTopic: null },
  ]);
});

test.each(['classic', 'consumer'])(
  'S-07: after start (%s) every partition is assigned and has its position',
  async (protocol) => {
    const seen: number[] = [];
    await using stack = new AsyncDisposableStack();
    const rt = await startTestRuntime(
      { onTestFinished: (close) => stack.defer(close) },
      {
        topics: { orders: { partitions: 5 } },
        // What was written before its position is known would not be read.
        group: { protocol, from: 'latest' },
        handler: (event) => void seen.push(event.partition),
      },
    );
    expect(rt.runtime.health().groups[0]?.partitions).toBe(5);
    const event = { topic: 'orders', type: 'T', data: {} };
    await rt.runtime.publisher.publish([0, 1, 2, 3, 4].map((partition) => ({ ...event, partition })));
    await rt.until(() => seen.length === 5);
  },
);

test('S-08: stop drains, done tells how it ended, and neither start nor publish wait any more', async (t) => {
  const rt = await startTestRuntime(t, { topics: { orders: {} }, handler: () => {} });
  const { runtime } = rt;
  expect(await runtime.stop()).toEqual({ exitCode: 0, error: null });
  expect(await runtime.done).toEqual({ exitCode: 0, error: null });
  await runtime.start();
  await expect(runtime.publisher.publish({ topic: 'orders', type: 'T', data: {} })).rejects.toMatchObject({
    code: 'RT_KAFKA_CONNECTION',
  });
});

test('a publisher is there before start, and keeps the order of the calls', async (t) => {
  const first = await startTestRuntime(t, { topics: { orders: {} }, handler: () => {} });
  const settings = testSettings(
    {
      other: {
        fragment: { topics: ['other'], execution: 'inline' },
        handlers,
      },
    },
    first.brokers,
  );
  const runtime = createRuntime(settings, { http: false });
  t.onTestFinished(async () => void (await runtime.stop()));
  const { publisher } = runtime;
  const publish = (n: number) => publisher.publish({ topic: 'orders', type: 'T', key: 'k', data: { n } });
  expect(publisher.bufferedBytes).toBe(0);
  const early = [publish(1), publish(2)];
  await runtime.start();
  const places = (await Promise.all([...early, publish(3)])).flat();
  expect(places.map(({ offset }) => offset)).toEqual([0n, 1n, 2n]);
  expect((await first.read('orders')).map(({ value }) => (JSON.parse(String(value)) as { n: number }).n)).toEqual([
    1, 2, 3,
  ]);
});

test('a runtime that was stopped before it was started fails what waits for its publisher', async () => {
  const runtime = createRuntime(testSettings({ g: { fragment: { topics: ['t'] }, handlers } }, nobody), {
    http: false,
  });
  const waiting = expect(runtime.publisher.publish({ topic: 't', type: 'T', data: {} })).rejects.toMatchObject({
    code: 'RT_KAFKA_CONNECTION',
  });
  await runtime.stop();
  await waiting;
  await runtime.start();
  expect(runtime.ready()).toBe(false);
});
