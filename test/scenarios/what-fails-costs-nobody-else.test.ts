// What fails or hangs costs its own records and nobody else's: not the intake, not more calls than it has
// attempts, not the other topics, and not the commits of what comes later.
import { expect, test } from 'vitest';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { quickInline } from './support/quick.ts';

const topics = { orders: { partitions: 1 } };
const keys = (count: number, prefix: string): TestRecord[] =>
  Array.from({ length: count }, (_, nr): TestRecord => [`${prefix} ${nr}`, {}]);

test('records that are retried for ever do not fill the intake', async (t) => {
  let done = 0;
  let failed = 0;
  const rt = await startTestRuntime(t, {
    topics,
    group: { ...quickInline, retry: { ...quickInline.retry, maxRetries: -1 }, buffer: { maxRecords: 20 } },
    handler: (event) => {
      if (String(event.key).startsWith('bad')) {
        failed++;
        throw new Error('never');
      }
      done++;
    },
  });
  // As many as half of what the partition may hold, so that it stays at the edge of its room.
  await rt.publish('orders', keys(9, 'bad'));
  for (let round = 1; round <= 8; round++) {
    const failures = failed;
    await rt.publish('orders', keys(100, 'good'));
    await rt.until(() => done === round * 100);
    await rt.until(() => failed > failures);
  }
  expect(rt.count('record.exhausted')).toBe(0);
  expect(await rt.committed('test', 'orders', 0)).toBe(null);
});

test('many records that always fail in one partition cost their attempts, and the others one call each', async (t) => {
  const calls = new Map<number, number>();
  const poison = (offset: number): boolean => offset % 4 === 0;
  const rt = await startTestRuntime(t, {
    topics,
    group: { ...quickInline, retry: { ...quickInline.retry, maxRetries: 2 } },
    handler: (event) => {
      const offset = Number(event.offset);
      calls.set(offset, (calls.get(offset) ?? 0) + 1);
      if (poison(offset)) throw new Error('always');
    },
  });
  await rt.publish('orders', keys(200, 'key'));
  await rt.until(async () => (await rt.committed('test', 'orders', 0)) === 200n);
  for (let offset = 0; offset < 200; offset++)
    expect([offset, calls.get(offset)]).toEqual([offset, poison(offset) ? 3 : 1]);
  expect(await rt.deadLetters('orders')).toHaveLength(50);
});

test('a topic whose handler never ends does not hold up another one', async (t) => {
  const { promise: never, resolve: atLast } = Promise.withResolvers<void>();
  const handled: string[] = [];
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 }, stuck: { partitions: 3 } },
    // One thread, fetched from one broker over one connection.
    group: { ...quickInline, concurrency: { max: 8 }, buffer: { maxRecords: 5 } },
    handler: async (event) => {
      if (event.topic === 'stuck') await never;
      else handled.push(String(event.key));
    },
  });
  await rt.publish(
    'stuck',
    Array.from({ length: 30 }, (_, nr): TestRecord => [`key ${nr % 3}`, {}]),
  );
  for (let round = 1; round <= 10; round++) {
    await rt.publish('orders', keys(50, 'order'));
    await rt.until(async () => (await rt.committed('test', 'orders', 0)) === BigInt(round * 50));
  }
  expect(handled).toHaveLength(500);
  atLast();
});

test('a blocked key slows nobody down, and what it costs is not written into commits', async (t) => {
  const { promise: blocked, resolve: unblock } = Promise.withResolvers<void>();
  let done = 0;
  const rt = await startTestRuntime(t, {
    topics,
    group: quickInline,
    handler: (event) => (event.key === 'blocked 0' ? blocked : void done++),
  });
  const others = 20_000;
  await rt.publish('orders', keys(1, 'blocked'));
  await rt.publish('orders', keys(others, 'other'));
  await rt.until(() => done === others);
  expect(rt.count('commit.failed')).toBe(0);
  expect(await rt.committed('test', 'orders', 0)).toBe(null);
  unblock();
  await rt.until(async () => (await rt.committed('test', 'orders', 0)) === BigInt(others + 1));
  expect(done).toBe(others);
});
