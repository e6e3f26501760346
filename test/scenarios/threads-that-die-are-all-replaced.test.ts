// However many threads die, and whenever, there are as many as before in the end, and every record is handled or is a
// dead letter.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '../../runtime/core/random.ts';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { embedded } from './support/embedded.ts';
import { quick } from './support/quick.ts';

const handlers = join(import.meta.dirname, '..', 'fixtures', 'handlers', 'harmful.ts');
const records = 40;
const deadly = 2;

test('threads that die are all replaced', { timeout: 180_000 }, async (t) => {
  const random = seededRandom(27);
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 4 } },
    group: { ...quick, name: 'billing' },
    handlers,
  });
  const bad = new Set<number>();
  while (bad.size < deadly) bad.add(Math.floor(random() * records));
  await rt.publish(
    'orders',
    Array.from({ length: records }, (_, nr): TestRecord => {
      return [`key ${nr}`, {}, { event_type: bad.has(nr) ? 'exit' : 'fine' }];
    }),
  );
  const committed = async (): Promise<number> => {
    const offsets = await Promise.all([0, 1, 2, 3].map((partition) => rt.committed('billing', 'orders', partition)));
    return offsets.reduce((sum, offset) => sum + Number(offset ?? 0), 0);
  };
  await rt.until(async () => (await committed()) === records, 150_000);
  // A thread that dies while the dead letter of another record is on its way makes a second one of that.
  const letters = rt.events('record.deadLettered');
  expect(new Set(letters.map(({ key }) => key)).size).toBe(deadly);
  for (const { type, reason } of letters) expect([type, reason]).toEqual(['exit', 'worker_crash']);
  expect(rt.count('thread.died')).toBe(3 * deadly);

  // Every slot has its thread again: the next records of all partitions are handled by both of them.
  await rt.until(() => rt.count('thread.replaced') === rt.count('thread.died'));
  const before = rt.count('handler.log');
  await rt.publish(
    'orders',
    Array.from({ length: records }, (_, nr): TestRecord => [`key ${nr}`, {}, { event_type: 'fine' }]),
  );
  await rt.until(async () => (await committed()) === 2 * records);
  const threads = new Set(
    rt
      .events('handler.log')
      .slice(before)
      .map(({ thread }) => thread),
  );
  expect([...threads].toSorted()).toEqual([0, 1]);
});

test('culprits of one thread do not take turns while their dead letters are on their way', async (t) => {
  const broker = await embedded(t);
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    topics: { orders: { partitions: 1 }, payments: { partitions: 1 } },
    group: { ...quick, name: 'billing', topics: ['orders', 'payments'], concurrency: { workers: 1 } },
    handlers,
  });
  for (const topic of ['orders', 'payments']) await rt.publish(topic, [['key', {}, { event_type: 'exit' }]]);
  // Each dead letter takes longer than the thread needs to come to the other culprit.
  broker.control.next('Produce', ...Array.from({ length: 100 }, () => ({ kind: 'delay', ms: 500 }) as const));
  await rt.until(async () => {
    const offsets = await Promise.all(['orders', 'payments'].map((topic) => rt.committed('billing', topic, 0)));
    return offsets.every((offset) => offset === 1n);
  }, 60_000);
  expect(rt.count('thread.died')).toBe(3 * 2);
});
