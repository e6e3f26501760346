// With `concurrency.split: workers` the keys of one partition are spread over the threads of the group, and every promise
// holds as before: order per key, commits up to the lowest unfinished record, retries and dead letters, drains.
import { expect, test } from 'vitest';
import type { GroupSettings } from '../../runtime/core/settings.ts';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { ownShare } from '../../runtime/worker/own-share.ts';
import { ended, scripted, told } from './support/calls.ts';
import { gate } from './support/gate.ts';
import { quick } from './support/quick.ts';

const concurrency = { workers: 2, split: 'workers' } as const;
const group = { ...quick, name: 'billing', concurrency, retry: { ...quick.retry, maxRetries: 1 } };
const topics = { orders: { partitions: 1 } };

/** @returns a key that falls to this thread */
function keyOf(thread: number, nr = 0): string {
  const isOwn = ownShare({ group: { concurrency: { shares: 2 } } as GroupSettings, thread })!;
  const keys = Array.from({ length: 100 }, (_, i) => `key-${i}`);
  return keys.filter((key) => isOwn(key, 0))[nr]!;
}

test('keys of one partition run in two threads, each in its order, and commits stop at the lowest unfinished', async (t) => {
  const slow = gate(t);
  const rt = await startTestRuntime(t, { topics, group, handlers: scripted });
  const keys = [keyOf(0), keyOf(1), keyOf(0, 1), keyOf(1, 1)];
  const records: TestRecord[] = Array.from({ length: 40 }, (_, nr) => [keys[nr % 4]!, {}]);
  records[9] = [keys[1]!, { waitsFor: slow.path }];
  records[14] = [keys[2]!, { succeedsAt: 9 }]; // never
  records[19] = [keys[3]!, { succeedsAt: 2 }];
  await rt.publish('orders', records);
  // All but the one that waits, those of its key behind it, and the one that is given up.
  const behind = records.filter(([key], nr) => key === keys[1] && nr >= 9).length;
  await rt.until(() => ended('succeeded', rt).length === 40 - behind - 1);
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 9n);
  await rt.until(() => rt.count('record.deadLettered') === 1);
  expect(await rt.committed('billing', 'orders', 0)).toBe(9n);
  slow.open();
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 40n);

  const calls = told(rt).filter(({ what }) => what === 'began');
  for (const key of keys) {
    const ofKey = calls.filter((call) => call.key === key);
    const offsets = ofKey.map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(new Set(ofKey.map(({ thread }) => thread)).size).toBe(1);
  }
  expect(new Set(calls.map(({ thread }) => thread)).size).toBe(2);
  // 38 once, and two twice: one that is given up, one that succeeds the second time.
  expect(calls).toHaveLength(42);
  expect(rt.events('record.deadLettered')).toMatchObject([{ offset: 14 }]);
});

test('a thread that dies costs its own share only: what runs in the other one is not disturbed', async (t) => {
  const slow = gate(t);
  const rt = await startTestRuntime(t, { topics, group, handlers: scripted });
  const [undisturbed, deadly, after, other] = [keyOf(0), keyOf(1), keyOf(1, 1), keyOf(0, 1)];
  await rt.publish('orders', [
    [undisturbed, { waitsFor: slow.path }],
    [deadly, { exits: true }],
    [after, {}],
    [deadly, {}],
    [other, {}],
  ]);
  await rt.until(() => ended('succeeded', rt).length >= 3 && rt.count('record.deadLettered') === 1, 60_000);
  expect(rt.count('thread.died')).toBe(3);
  slow.open();
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 5n);

  const calls = told(rt).filter(({ what }) => what === 'began');
  const times = [0, 1, 2, 3, 4].map((offset) => calls.filter((call) => call.offset === offset).length);
  expect(times).toEqual([1, 3, expect.any(Number), 1, 1]); // the third one may have been under way beside the deadly one
  expect(told(rt).filter(({ what }) => what === 'signalled')).toEqual([]);
  expect(rt.events('record.deadLettered')).toMatchObject([{ offset: 1, reason: 'worker_crash' }]);
});

test('a stop drains the shares of all threads and commits them', async (t) => {
  const both = gate(t);
  const rt = await startTestRuntime(t, { topics, group, handlers: scripted });
  await rt.publish('orders', [
    [keyOf(0), { waitsFor: both.path }],
    [keyOf(1), { waitsFor: both.path }],
  ]);
  await rt.until(() => told(rt).filter(({ what }) => what === 'began').length === 2);
  const stopped = rt.stop();
  both.open();
  expect((await stopped).exitCode).toBe(0);
  expect(await rt.committed('billing', 'orders', 0)).toBe(2n);
  expect(ended('succeeded', rt)).toHaveLength(2);
});
