// A record that was failing when its partition was taken away belongs to the next assignment: it is delivered there
// its attempts begin at 1, and it is dead-lettered once, also by a process that gets it back.
import { expect, test } from 'vitest';
import { RetryableError } from '../../runtime/index.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { embedded } from './support/embedded.ts';
import { quickInline } from './support/quick.ts';

const unknownMember = 25;
/** What runs when the partition goes is aborted after this. */
const manifest = { shutdown: { timeout: '200ms' } };
const group = {
  ...quickInline,
  protocol: 'classic',
  name: 'billing',
  topics: ['orders'],
  retry: { ...quickInline.retry, maxRetries: 2 },
};

test('a record that waits for its retry is delivered by the next owner, as the first attempt', async (t) => {
  const broker = await embedded(t);
  const brokers = [broker.address];
  const attempts: number[] = [];
  const failing = await startTestRuntime(t, {
    ...{ brokers, manifest, group, topics: { orders: { partitions: 1 } } },
    handler: (_event, ctx) => {
      attempts.push(ctx.attempt);
      throw new RetryableError('not now', { delay: ctx.attempt === 2 ? '1h' : '5ms' });
    },
  });
  await failing.publish('orders', [['a', {}]]);
  await failing.until(() => failing.count('record.retried') === 2);
  expect((await failing.stop()).exitCode).toBe(4);
  expect(await failing.committed('billing', 'orders', 0)).toBe(null);

  const next = await startTestRuntime(t, { brokers, group, handler: (_event, ctx) => void attempts.push(ctx.attempt) });
  await next.until(async () => (await next.committed('billing', 'orders', 0)) === 1n);
  expect(attempts).toEqual([1, 2, 1]);
  expect(await next.deadLetters('orders')).toEqual([]);
});

test('a record that comes back has all its attempts again, and becomes one dead letter', async (t) => {
  const broker = await embedded(t);
  const attempts: number[] = [];
  const rt = await startTestRuntime(t, {
    ...{ brokers: [broker.address], manifest, group, topics: { orders: { partitions: 1 } } },
    handler: (_event, ctx) => {
      attempts.push(ctx.attempt);
      throw new RetryableError('no', { delay: attempts.length === 2 ? '1h' : '5ms' });
    },
  });
  await rt.publish('orders', [['a', {}]]);
  await rt.until(() => rt.count('record.retried') === 2);
  broker.control.next('Heartbeat', { kind: 'error', code: unknownMember });
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 1n);
  expect(attempts).toEqual([1, 2, 1, 2, 3]);
  // The logs say why the count began anew.
  expect(rt.events('partition.closed')).toMatchObject([{ partition: 0, lost: true }]);
  expect(rt.events('record.exhausted')).toMatchObject([{ attempts: 3, reason: 'max_retries_exceeded' }]);
  expect(await rt.deadLetters('orders')).toHaveLength(1);
});

test('a last attempt that fails after its partition was taken away writes no dead letter', async (t) => {
  const broker = await embedded(t);
  const attempts: number[] = [];
  const { promise: late, reject: failLate } = Promise.withResolvers<void>();
  const rt = await startTestRuntime(t, {
    ...{ brokers: [broker.address], manifest, group, topics: { orders: { partitions: 1 } } },
    handler: async (_event, ctx) => {
      attempts.push(ctx.attempt);
      // The third call is the last attempt of the first assignment; it does not care about its signal.
      if (attempts.length === 3) await late;
      throw new Error('no');
    },
  });
  await rt.publish('orders', [['a', {}]]);
  await rt.until(() => attempts.length === 3);
  broker.control.next('Heartbeat', { kind: 'error', code: unknownMember });
  await rt.until(() => rt.count('partition.opened') === 2);
  // One key never runs twice at once, so the next assignment waits for it.
  expect(attempts).toEqual([1, 2, 3]);
  failLate(new Error('too late'));
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 1n);
  expect(attempts).toEqual([1, 2, 3, 1, 2, 3]);
  expect(rt.count('record.exhausted')).toBe(1);
  expect(await rt.deadLetters('orders')).toHaveLength(1);
});
