// A handler that waits too long is told by its signal and tried again; its key never runs twice at once meanwhile.
// Row S-40.
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { ended, mostAtOnce, scripted, told } from './support/calls.ts';
import { gate } from './support/gate.ts';
import { quick } from './support/quick.ts';

test('an async handler over its timeout is aborted and retried', async (t) => {
  const never = gate(t);
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: {
      ...quick,
      name: 'billing',
      timeouts: { ...quick.timeouts, handler: '200ms' },
      retry: { ...quick.retry, maxRetries: 1 },
    },
    handlers: scripted,
  });
  await rt.publish('orders', [
    ['slow', { waitsFor: never.path }],
    ['slow', {}],
    ['other', {}],
  ]);
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 3n);

  expect(ended('aborted', rt)).toEqual(['slow 1', 'slow 2']);
  expect(told(rt).flatMap(({ what, reason }) => (what === 'signalled' ? reason : []))).toEqual(['timeout', 'timeout']);
  expect(ended('succeeded', rt)).toEqual(['other 1', 'slow 1']);
  expect(mostAtOnce(told(rt).filter(({ key }) => key === 'slow'))).toBe(1);
  expect(rt.events('record.retried')).toMatchObject([{ attempt: 1, error: { code: 'RT_HANDLER_TIMEOUT' } }]);
  expect(rt.events('record.deadLettered')).toMatchObject([{ offset: 0, reason: 'max_retries_exceeded' }]);
  expect(rt.count('thread.died')).toBe(0);
});

// A handler that does not listen may still have effects: its key waits until it has settled, or its thread is gone.
test('a handler that does not listen to its signal holds its key until it settles', async (t) => {
  const late = gate(t);
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quick, name: 'billing', timeouts: { ...quick.timeouts, handler: '2s' } },
    handlers: scripted,
  });
  await rt.publish('orders', [
    ['deaf', { waitsFor: late.path, deaf: true }],
    ['other', {}],
  ]);
  await rt.until(() => told(rt).some(({ what }) => what === 'signalled'));
  expect(told(rt).filter(({ key, what }) => key === 'deaf' && what === 'began')).toHaveLength(1);
  late.open();
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 2n);
  expect(mostAtOnce(told(rt).filter(({ key }) => key === 'deaf'))).toBe(1);
  // What it still did does not count.
  expect(told(rt).filter(({ what, reason }) => what === 'succeeded' && reason === 'timeout')).toHaveLength(1);
  expect(ended('succeeded', rt)).toEqual(['other 1', 'deaf 1', 'deaf 2']);
  expect(rt.count('thread.died')).toBe(0);
});
