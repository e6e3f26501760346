// A handler that is still running when the drain budget is over gets its signal aborted; its record stays uncommitted
// for the next process, and the exit code says so.
// Rows S-08, S-87.
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { ended, scripted, told } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { gate } from './support/gate.ts';
import { quick } from './support/quick.ts';

test('a drain over its budget aborts and exits with code 4', async (t) => {
  const broker = await embedded(t);
  const slow = gate(t);
  const options = {
    brokers: [broker.address],
    group: { ...quick, name: 'billing', topics: ['orders'] },
    handlers: scripted,
    manifest: { shutdown: { timeout: '200ms' } },
  };
  const rt = await startTestRuntime(t, { ...options, topics: { orders: { partitions: 1 } } });
  await rt.publish('orders', [
    ['a', {}],
    ['b', { waitsFor: slow.path }],
    ['c', {}],
  ]);
  await rt.until(() => ended('began', rt).length === 3 && ended('succeeded', rt).length === 2);

  expect(await rt.stop()).toEqual({ exitCode: 4, error: null });
  const signalled = told(rt).filter(({ what }) => what === 'signalled');
  expect(signalled.map(({ key, reason }) => [key, reason])).toEqual([['b', 'shutdown']]);
  expect(await rt.committed('billing', 'orders', 0)).toBe(1n);
  expect(rt.count('record.retried') + rt.count('record.exhausted')).toBe(0);

  slow.open();
  const next = await startTestRuntime(t, options);
  await next.until(async () => (await next.committed('billing', 'orders', 0)) === 3n);
  expect(ended('succeeded', next)).toContain('b 1');
  expect(await next.stop()).toEqual({ exitCode: 0, error: null });
});
