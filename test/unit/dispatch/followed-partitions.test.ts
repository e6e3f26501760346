import { expect, test } from 'vitest';
import { finish, recordSet, setup } from './fake-threads.ts';

const p0 = { topic: 'orders', partition: 0 };

async function followed() {
  const all = setup();
  const starting = all.start();
  for (const thread of all.threads) thread.followsPartitions = true;
  await starting;
  all.dispatch.open(p0, 1, null);
  let result: boolean | null = null;
  const drain = (budgetMs: number): void => {
    void all.dispatch.drain([p0], budgetMs, 'revoked').then((finished) => {
      result = finished;
    });
  };
  const closed = (failed = false): void => {
    all.threads[0]!.hooks.message({ kind: 'closed', ...p0, epoch: 1, failed });
  };
  return { ...all, drain, closed, result: () => result };
}

test('a thread that follows partitions hears of one before its first record set', async () => {
  const { threads } = await followed();
  expect(threads[0]?.posted).toEqual([{ kind: 'open', ...p0, epoch: 1 }]);
});

test('S-52: a drain is over when onRevoked is, which begins when all is answered', async () => {
  const { threads, dispatch, clock, drain, closed, result } = await followed();
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  drain(5_000);
  await clock.advance(1_000);
  expect(threads[0]?.posted).toHaveLength(1);
  finish(set, 0, 9);
  threads[0]?.tasks[0]?.answer('done');
  await clock.advance(1_000);
  expect(threads[0]?.posted.slice(1)).toEqual([{ kind: 'close', ...p0, epoch: 1, mode: 'drain', reason: 'revoked' }]);
  expect(result()).toBeNull();
  closed();
  await clock.turn();
  expect(result()).toBe(true);
});

test('onRevoked that takes longer than the budget is aborted, and the drain was cut short', async () => {
  const { threads, clock, drain, result } = await followed();
  drain(5_000);
  await clock.advance(4_999);
  expect(result()).toBeNull();
  await clock.advance(501);
  expect(threads[0]?.posted.at(-1)).toMatchObject({ kind: 'close', mode: 'abort' });
  expect(result()).toBe(false);
});

test('onRevoked that failed is no clean drain', async () => {
  const { clock, drain, closed, result } = await followed();
  drain(5_000);
  closed(true);
  await clock.advance(10);
  expect(result()).toBe(false);
});

test('a partition that waits for an operator is revoked within the budget', async () => {
  const { threads, dispatch, exhausted, clock, drain, closed, result } = await followed();
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  const thread = threads[0]!;
  const place = { ...p0, offset: 0, key: null, type: null };
  set.progress.start(0);
  set.progress.publish();
  const report = { kind: 'exhausted', set: set.id, epoch: 1, place, attempts: 1, reason: 'handler_error' } as const;
  const error = { name: 'Error', message: 'no', code: null, stack: null, classes: [], delayMs: null };
  thread.hooks.message({ ...report, hold: true, error, record: { key: null, value: null, headers: [] } });
  exhausted[0]?.decide('held');
  drain(5_000);
  await clock.advance(200);
  expect(thread.posted.at(-1)).toMatchObject({ kind: 'close', mode: 'abort' });
  thread.tasks[0]?.answer('stale');
  await clock.advance(2_000); // longer than an aborted set is waited for
  expect(result()).toBeNull();
  closed();
  await clock.turn();
  expect(result()).toBe(true);
});

test('the thread that follows a dead one hears of the partitions that had nothing in flight', async () => {
  const { threads, clock, drain, result } = await followed();
  threads[0]?.hooks.died('out of memory');
  await clock.turn();
  threads[1]!.followsPartitions = true;
  threads[1]!.started.resolve();
  await clock.turn();
  expect(threads[1]?.posted).toEqual([{ kind: 'open', ...p0, epoch: 1 }]);
  threads[1]?.hooks.died('again');
  drain(5_000);
  await clock.turn();
  expect(result()).toBe(true); // nobody is left who could call onRevoked
});
