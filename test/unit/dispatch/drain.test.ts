import { expect, test } from 'vitest';
import type { ExhaustedReport } from '../../../runtime/core/thread-messages.ts';
import { finish, recordSet, setup, twoWorkers } from './fake-threads.ts';

const p0 = { topic: 'orders', partition: 0 };
const p1 = { topic: 'orders', partition: 1 };

async function withSet() {
  const all = setup();
  await all.start();
  all.dispatch.open(p0, 1, null);
  const set = recordSet(p0, 1, 0, 9);
  all.dispatch.accept(set);
  let result: boolean | null = null;
  const drain = (budgetMs: number): void => {
    void all.dispatch.drain([p0], budgetMs, 'revoked').then((finished) => {
      result = finished;
    });
  };
  return { ...all, set, drain, result: () => result };
}

test('it waits until the thread has answered, and takes nothing new meanwhile', async () => {
  const { clock, threads, dispatch, set, drain, result } = await withSet();
  drain(5_000);
  expect(dispatch.hasRoom(p0)).toBe(false);
  dispatch.accept(recordSet(p0, 1, 10, 19));
  expect(threads[0]?.tasks).toHaveLength(1);
  await clock.advance(1_000);
  expect(result()).toBeNull();
  expect(threads[0]?.posted).toEqual([]);
  finish(set, 0, 9);
  threads[0]?.tasks[0]?.answer('done');
  await clock.turn();
  expect(result()).toBe(true);
  expect(threads[0]?.posted).toEqual([{ kind: 'close', ...p0, epoch: 1, mode: 'drain', reason: 'revoked' }]);
  await dispatch.stop();
  expect(clock.pending).toBe(0);
});

test('when the budget is over the rest is aborted, and its answer awaited for a moment', async () => {
  const { clock, threads, drain, result } = await withSet();
  drain(5_000);
  await clock.advance(4_999);
  expect(threads[0]?.posted).toEqual([]);
  await clock.advance(1);
  expect(threads[0]?.posted).toEqual([{ kind: 'close', ...p0, epoch: 1, mode: 'abort', reason: 'revoked' }]);
  expect(result()).toBeNull();
  threads[0]?.tasks[0]?.answer('stale');
  await clock.turn();
  expect(result()).toBe(false);
});

test('a thread that a handler holds does not hold up the end of the drain', async () => {
  const { clock, drain, result } = await withSet();
  drain(1_000);
  await clock.advance(1_500);
  expect(result()).toBe(false);
});

test('other partitions go on', async () => {
  const { clock, dispatch, threads, drain } = await withSet();
  dispatch.open(p1, 1, null);
  drain(1_000);
  expect(dispatch.hasRoom(p1)).toBe(true);
  dispatch.accept(recordSet(p1, 1, 0, 9));
  expect(threads[0]?.tasks).toHaveLength(2);
  await clock.advance(2_000);
  expect(dispatch.hasRoom(p1)).toBe(true);
});

test('records that are held until an operator acts, and those behind them, do not use up the budget', async () => {
  const { clock, threads, exhausted, set, drain, result } = await withSet();
  finish(set, 0, 2);
  set.progress.start(3);
  set.progress.start(4);
  set.progress.publish();
  threads[0]?.hooks.message(exhaustedAt(set.id, 3));
  exhausted[0]?.decide('held');
  await clock.turn();
  drain(60_000);
  await clock.advance(1_000);
  expect(threads[0]?.posted).toEqual([]); // offset 4 is running
  finish(set, 4, 4);
  await clock.advance(200);
  expect(threads[0]?.posted.map(({ kind }) => kind)).toEqual(['close']);
  await clock.advance(500);
  expect(result()).toBe(true); // nothing was cut short
});

test('a thread that is between two records is not taken for one that has nothing to do', async () => {
  const { clock, dispatch, threads, exhausted, set } = await withSet();
  finish(set, 0, 2);
  set.progress.start(3);
  threads[0]?.hooks.message(exhaustedAt(set.id, 3));
  exhausted[0]?.decide('held');
  dispatch.open(p1, 1, null);
  dispatch.accept(recordSet(p1, 1, 0, 9));
  await clock.turn();
  void dispatch.drain([p0, p1], 60_000, 'revoked');
  await clock.turn();
  threads[0]?.tasks[1]?.answer('done');
  await clock.advance(10);
  expect(threads[0]?.posted).toEqual([]);
  await clock.advance(200);
  expect(threads[0]?.posted).toHaveLength(1);
});

test('a partition whose thread dies in the drain is not read again, also while others are drained still', async () => {
  const { clock, dispatch, threads, reread, start } = setup(twoWorkers);
  await start();
  for (const place of [p0, p1]) {
    dispatch.open(place, 1, null);
    dispatch.accept(recordSet(place, 1, 0, 9));
  }
  let result: boolean | null = null;
  void dispatch.drain([p0, p1], 60_000, 'revoked').then((finished) => {
    result = finished;
  });
  threads[0]?.hooks.died('exit 13');
  await clock.turn();
  threads[2]?.started.resolve();
  await clock.advance(1_000);
  expect(reread).toEqual([]);
  expect(result).toBeNull();
  threads[1]?.tasks[0]?.answer('done');
  await clock.turn();
  expect(result).toBe(false);
});

function exhaustedAt(set: number, offset: number): ExhaustedReport {
  return {
    kind: 'exhausted',
    set,
    epoch: 1,
    place: { ...p0, offset, key: null, type: null },
    attempts: 1,
    reason: 'max_retries_exceeded',
    hold: false,
    error: { name: 'Error', message: 'no', code: null, stack: null, classes: [], delayMs: null },
    record: { key: null, value: null, headers: [] },
  };
}
