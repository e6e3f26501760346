// A partition that two threads share: each has a flow of its own.
import { expect, test } from 'vitest';
import type { ExhaustedReport } from '../../../runtime/core/thread-messages.ts';
import { finish, recordSet, setup } from './fake-threads.ts';

const place = { topic: 'orders', partition: 3 };
const one = { ...place, share: 0 };
const other = { ...place, share: 1 };
const threads = { workers: 2, shares: 2, maxHeapBytes: null, max: 64 } as const;
const split = { concurrency: { order: 'key', keyFrom: { kind: 'key' }, nullKey: 'none', ...threads } } as const;

async function opened(part = {}) {
  const all = setup({ ...split, ...part });
  await all.start();
  for (const share of [one, other]) all.dispatch.open(share, 1, null);
  return all;
}

function reportOf(offset: number): ExhaustedReport {
  const error = { name: 'Error', message: 'no', code: null, stack: null, classes: [], delayMs: null };
  return {
    ...{ kind: 'exhausted', set: 1, epoch: 1, place: { ...place, offset, key: null, type: null } },
    ...{ attempts: 1, reason: 'handler_error', hold: false, error, record: { key: null, value: null, headers: [] } },
  };
}

test('each thread gets its share, and a thread that dies loses its own only', async () => {
  const { clock, dispatch, threads, reread, released } = await opened();
  const sets = [recordSet(one, 1, 0, 9), recordSet(other, 1, 0, 9)] as const;
  for (const set of sets) dispatch.accept(set);
  expect(threads.map(({ tasks }) => tasks.map(({ task }) => task.id))).toEqual([[sets[0].id], [sets[1].id]]);
  // What is another thread's to finish counts as finished here, and is no suspect there.
  finish(sets[1], 0, 3);
  sets[0].progress.start(2);
  sets[1].progress.start(5);
  threads[1]!.hooks.died('exit 13');
  await clock.turn();
  expect(released).toEqual([sets[1].progress]);
  expect(dispatch.hasRoom(place)).toBe(false);
  threads[2]!.started.resolve();
  await clock.turn();
  const suspects = new Map([['orders/3/1', [{ offset: 5, deaths: 1 }]]]);
  expect(reread).toEqual([{ partitions: [other], suspects }]);
  dispatch.open(other, 2, null);
  expect(threads[0]!.posted).toEqual([]);
  expect(dispatch.hasRoom(place)).toBe(true);

  // The other thread goes on under its epoch.
  const next = [recordSet(one, 1, 10, 19), recordSet(other, 2, 4, 9)] as const;
  for (const set of next) dispatch.accept(set);
  expect(threads[0]!.tasks.at(-1)?.task.id).toBe(next[0].id);
  expect(threads[2]!.tasks.map(({ task }) => task.id)).toEqual([next[1].id]);
});

test('a record that is given up is settled in the thread that reported it', async () => {
  const { clock, dispatch, threads, exhausted } = await opened();
  for (const share of [one, other]) dispatch.accept(recordSet(share, 1, 0, 9));
  threads[1]!.hooks.message(reportOf(4));
  await clock.turn();
  exhausted[0]!.decide('settled');
  await clock.turn();
  expect(threads.map(({ posted }) => posted)).toEqual([[], [{ kind: 'settled', set: 1, offset: 4 }]]);
});

test('bytes that do not decode count once, whoever finds them, and every thread gets them anew', async () => {
  const { clock, dispatch, threads, reread, corrupt } = await opened();
  const sets = [recordSet(one, 1, 0, 9), recordSet(other, 1, 0, 9)] as const;
  for (const set of sets) dispatch.accept(set);
  for (const [nr, { id }] of sets.entries()) {
    threads[nr]!.hooks.message({ kind: 'corrupt', set: id, epoch: 1, offset: 7, message: 'bad crc' });
  }
  expect(corrupt).toEqual([7]);
  expect(dispatch.hasRoom(place)).toBe(false);
  await clock.advance(1_000);
  expect(reread.map(({ partitions }) => partitions)).toEqual([[one, other]]);
});

test('bytes count once per copy, and records in every thread', async () => {
  const { clock, dispatch, threads } = await opened({
    buffer: { maxRecords: 20, maxBytes: 100_000, maxUncommitted: 1_000 },
  });
  dispatch.accept(recordSet(one, 1, 0, 9, 25_000));
  expect(dispatch.hasRoom(place)).toBe(true);
  dispatch.accept(recordSet(other, 1, 0, 9, 25_000));
  expect(dispatch.hasRoom(place)).toBe(false);
  for (const { tasks } of threads) tasks[0]!.answer('done');
  await clock.turn();
  expect(dispatch.hasRoom(place)).toBe(true);
  const sets = [recordSet(one, 1, 10, 29), recordSet(other, 1, 10, 29)] as const;
  for (const set of sets) dispatch.accept(set);
  finish(sets[0], 10, 29);
  expect(dispatch.hasRoom(place)).toBe(false);
  finish(sets[1], 10, 24);
  expect(dispatch.hasRoom(place)).toBe(true);
});

test('a drain waits for all threads that share the partition', async () => {
  const { clock, dispatch, threads } = await opened();
  for (const share of [one, other]) dispatch.accept(recordSet(share, 1, 0, 9));
  let drained: boolean | null = null;
  void dispatch.drain([place], 10_000, 'revoked').then((finished) => {
    drained = finished;
  });
  threads[0]!.tasks[0]!.answer('done');
  await clock.advance(1_000);
  expect(drained).toBeNull();
  threads[1]!.tasks[0]!.answer('done');
  await clock.advance(100);
  expect(drained).toBe(true);
  expect(dispatch.hasRoom(place)).toBe(false);
});
