import { expect, test } from 'vitest';
import type { FromThread } from '../../../runtime/core/thread-messages.ts';
import type { Dispatcher } from '../../../runtime/dispatch/dispatcher.ts';
import { finish, recordSet, setup } from './fake-threads.ts';

const p0 = { topic: 'orders', partition: 0 };
const p1 = { topic: 'orders', partition: 1 };
const p2 = { topic: 'orders', partition: 2 };
const concurrency = {
  order: 'key',
  keyFrom: { kind: 'key' },
  nullKey: 'none',
  shares: 1,
  maxHeapBytes: null,
  max: 64,
} as const;
const error = { name: 'Error', message: 'no', code: null, stack: null, classes: [], delayMs: null };

function exhaustedReport(set: number, epoch: number, offset: number): FromThread {
  return {
    kind: 'exhausted',
    set,
    epoch,
    place: { ...p0, offset, key: null, type: null },
    attempts: 4,
    reason: 'max_retries_exceeded',
    hold: false,
    error,
    record: { key: null, value: null, headers: [] },
  };
}

test('a stop that comes while the handlers load leaves nothing behind when they have loaded', async () => {
  const { clock, dispatch, threads } = setup();
  const starting = dispatch.start();
  await dispatch.stop();
  threads[0]?.started.resolve();
  await starting;
  await clock.advance(5_000);
  expect(clock.pending).toBe(0);
});

test('threads without work cost no timer', async () => {
  const { clock, dispatch, threads, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  expect(clock.pending).toBe(0);
  dispatch.accept(recordSet(p0, 1, 0, 9));
  expect(clock.pending).toBe(1);
  threads[0]?.tasks[0]?.answer('done');
  await clock.turn();
  await clock.advance(1_000);
  expect(clock.pending).toBe(0);
});

test('a partition is always handed to the same thread', async () => {
  const { dispatch, threads, start } = setup({ concurrency: { ...concurrency, workers: 2 } });
  await start();
  for (const place of [p0, p1, p2]) {
    dispatch.open(place, 1, null);
    dispatch.accept(recordSet(place, 1, 0, 9));
  }
  dispatch.accept(recordSet(p1, 1, 10, 19));
  expect(threads.map((thread) => thread.tasks.map(({ task }) => task.partition))).toEqual([
    [0, 2],
    [1, 1],
  ]);
});

test('what is known about finished records goes with the first set of the epoch only', async () => {
  const { dispatch, threads, start } = setup();
  await start();
  const opening = { finished: [3], suspects: [{ offset: 1, deaths: 1 }] };
  dispatch.open(p0, 2, opening);
  dispatch.accept(recordSet(p0, 2, 0, 4));
  dispatch.accept(recordSet(p0, 2, 5, 9));
  expect(threads[0]?.tasks.map(({ task }) => task.opening)).toEqual([opening, null]);
});

test('a set of another epoch or of a closed partition is dropped', async () => {
  const { dispatch, threads, released, start } = setup();
  await start();
  dispatch.open(p0, 2, null);
  const [old, foreign] = [recordSet(p0, 1, 0, 4), recordSet(p1, 1, 0, 4)];
  dispatch.accept(old);
  dispatch.accept(foreign);
  expect(threads[0]?.tasks).toHaveLength(0);
  expect(released).toEqual([old.progress, foreign.progress]);
});

test('opening a partition anew aborts its former epoch', async () => {
  const { dispatch, threads, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  dispatch.accept(recordSet(p0, 1, 0, 4));
  dispatch.open(p0, 2, null);
  expect(threads[0]?.posted).toEqual([{ kind: 'close', ...p0, epoch: 1, mode: 'abort', reason: 'revoked' }]);
});

test('a partition has no room from maxRecords on, and room again when half of it is finished', async () => {
  const { clock, dispatch, counts, start } = setup({
    buffer: { maxRecords: 100, maxBytes: 1_000_000, maxUncommitted: 1_000 },
  });
  await start();
  dispatch.open(p0, 1, null);
  dispatch.open(p1, 1, null);
  const set = recordSet(p0, 1, 0, 99);
  dispatch.accept(set);
  expect(dispatch.hasRoom(p0)).toBe(false);
  expect(dispatch.hasRoom(p1)).toBe(true);
  finish(set, 0, 48);
  await clock.advance(20);
  expect(dispatch.hasRoom(p0)).toBe(false);
  expect(counts.progressed).toBe(0);
  finish(set, 49, 50);
  await clock.advance(10);
  expect(counts.progressed).toBe(1); // nobody sent a message: it was seen in shared memory
  expect(dispatch.hasRoom(p0)).toBe(true);
});

test('a stuck record lets its partition run ahead by maxUncommitted and no further', async () => {
  const { dispatch, threads, clock, start } = setup({
    buffer: { maxRecords: 10_000, maxBytes: 1_000_000, maxUncommitted: 100 },
  });
  await start();
  dispatch.open(p0, 1, null);
  const stuck = recordSet(p0, 1, 0, 49);
  dispatch.accept(stuck);
  finish(stuck, 1, 49);
  expect(dispatch.hasRoom(p0)).toBe(true);
  const behind = recordSet(p0, 1, 50, 109);
  dispatch.accept(behind);
  finish(behind, 50, 109);
  threads[0]?.tasks[1]?.answer('done');
  await clock.turn();
  expect(dispatch.hasRoom(p0)).toBe(false);
});

test('partitions that hold their share of the bytes leave room for the others', async () => {
  const { dispatch, threads, clock, start } = setup({
    buffer: { maxRecords: 10_000, maxBytes: 1_000, maxUncommitted: 10_000 },
  });
  await start();
  for (const place of [p0, p1, p2]) dispatch.open(place, 1, null);
  dispatch.accept(recordSet(p0, 1, 0, 9, 500));
  expect([p0, p1, p2].map((place) => dispatch.hasRoom(place))).toEqual([false, true, true]);
  dispatch.accept(recordSet(p1, 1, 0, 9, 300));
  expect([p0, p1, p2].map((place) => dispatch.hasRoom(place))).toEqual([false, false, true]);
  threads[0]?.tasks[0]?.answer('done');
  await clock.turn();
  // What p1 holds may be stuck and never become less: what the others leave is enough.
  expect([p0, p1, p2].map((place) => dispatch.hasRoom(place))).toEqual([true, true, true]);
});

test('a record counts as finished in its thread when its outcome is settled', async () => {
  const { clock, dispatch, threads, exhausted, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  threads[0]?.hooks.message(exhaustedReport(set.id, 1, 4));
  threads[0]?.hooks.message(exhaustedReport(set.id, 1, 5));
  expect(threads[0]?.posted).toEqual([]);
  exhausted[0]?.decide('settled');
  exhausted[1]?.decide('held');
  await clock.turn();
  expect(threads[0]?.posted).toEqual([{ kind: 'settled', set: set.id, offset: 4 }]);
});

test.each([
  ['given up', async (dispatch: Dispatcher) => dispatch.abort([p0])],
  ['drained', async (dispatch: Dispatcher) => void (await dispatch.drain([p0], 0, 'revoked'))],
  ['opened again', async (dispatch: Dispatcher) => dispatch.open(p0, 2, null)],
])('an outcome is not worked on any more once its partition is %s', async (_, end) => {
  const { clock, dispatch, threads, exhausted, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  threads[0]?.hooks.message(exhaustedReport(set.id, 1, 4));
  expect(exhausted[0]?.ended.aborted).toBe(false);
  const ended = end(dispatch);
  await clock.advance(1_000);
  await ended;
  expect(exhausted[0]?.ended.aborted).toBe(true);
});

test('what a thread reports while it is ended is not worked on: the record runs again', async () => {
  const { clock, dispatch, threads, exhausted, reread, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  const end = Promise.withResolvers<void>();
  threads[0]!.ended = end.promise;
  threads[0]!.hooks.died('exit 13');
  threads[0]!.hooks.message(exhaustedReport(set.id, 1, 4)); // was on its way
  end.resolve();
  await clock.turn();
  threads[1]!.started.resolve();
  await clock.turn();
  expect(reread.map(({ partitions }) => partitions)).toEqual([[{ ...p0, share: 0 }]]);
  expect(exhausted).toEqual([]);
});

test('an outcome of an older epoch has no effect', async () => {
  const { clock, dispatch, threads, exhausted, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  threads[0]?.hooks.message(exhaustedReport(set.id, 1, 4));
  dispatch.open(p0, 2, null);
  exhausted[0]?.decide('settled');
  threads[0]?.hooks.message(exhaustedReport(set.id, 1, 5));
  await clock.turn();
  expect(exhausted).toHaveLength(1);
  expect(threads[0]?.posted.filter(({ kind }) => kind === 'settled')).toEqual([]);
});

test('progress memory is given back when the thread has answered, not before', async () => {
  const { clock, dispatch, threads, released, counts, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  finish(set, 0, 9);
  dispatch.abort([p0]);
  await clock.advance(1_000);
  expect(released).toEqual([]);
  threads[0]?.tasks[0]?.answer('stale');
  await clock.turn();
  expect(released).toEqual([set.progress]);
  expect(counts.progressed).toBe(0);
});

test('bytes that a thread sends back are free again, whatever became of their set', async () => {
  const { dispatch, threads, returned, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  for (const first of [0, 10, 20]) dispatch.accept(recordSet(p0, 1, first, first + 9));
  const [done, lost, late] = [new ArrayBuffer(1), null, new ArrayBuffer(2)];
  threads[0]?.tasks[0]?.answer('done', done);
  threads[0]?.tasks[1]?.answer('stale', lost);
  await Promise.resolve();
  dispatch.abort([p0]);
  threads[0]?.tasks[2]?.answer('stale', late);
  await Promise.resolve();
  expect(returned).toEqual([done, late]);
});

test('what a handler publishes is answered to its own thread, never to the successor', async () => {
  const { clock, dispatch, threads, published, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  threads[0]?.hooks.message({ kind: 'publish', request: 1, records: [] });
  threads[0]?.hooks.message({ kind: 'publish', request: 2, records: [] });
  const result = { kind: 'ok', places: [] } as const;
  published[0]?.(result);
  await clock.turn();
  expect(threads[0]?.posted).toEqual([{ kind: 'published', request: 1, result }]);
  threads[0]?.hooks.died('exit 13');
  await clock.turn();
  threads[1]?.started.resolve();
  await clock.turn();
  published[1]?.(result);
  await clock.turn();
  expect(threads[1]?.posted).toEqual([]);
});

test('what threads tell about their work becomes events of the group', async () => {
  const { threads, told, start } = setup();
  await start();
  const place = { ...p0, offset: 4, key: 'k', type: 'OrderPlaced' };
  const tally = { handled: [], calls: [], skipped: 2 };
  const line = { level: 'info', message: 'hello', fields: {} } as const;
  threads[0]?.hooks.message({ kind: 'retrying', place, attempt: 1, delayMs: 50, error });
  threads[0]?.hooks.message({ kind: 'slow', place, durationMs: 1_200 });
  threads[0]?.hooks.message({ kind: 'tally', tally });
  threads[0]?.hooks.message({ kind: 'log', line });
  expect(told).toEqual([
    ['record.retried', { ...place, group: 'billing', attempt: 1, delayMs: 50, error }],
    ['handler.slow', { ...place, group: 'billing', durationMs: 1_200 }],
    ['handler.tally', { group: 'billing', thread: 0, tally }],
    ['handler.log', { group: 'billing', thread: 0, line }],
  ]);
});

test('abort tells the thread why', async () => {
  const { dispatch, threads, start } = setup();
  await start();
  dispatch.open(p0, 3, null);
  dispatch.abort([p0]);
  expect(threads[0]?.posted).toEqual([{ kind: 'close', ...p0, epoch: 3, mode: 'abort', reason: 'lost' }]);
  expect(dispatch.hasRoom(p0)).toBe(false);
});

test('bytes that do not decode are read again a second later, as long as the consumer says so', async () => {
  const { clock, dispatch, threads, reread, corrupt, start } = setup();
  await start();
  for (let read = 1; read <= 3; read++) {
    dispatch.open(p0, read, null);
    const set = recordSet(p0, read, 0, 9);
    dispatch.accept(set);
    // The answer may overtake the message.
    if (read === 2) {
      threads[0]?.tasks.at(-1)?.answer('stale');
      await clock.turn();
    }
    threads[0]?.hooks.message({ kind: 'corrupt', set: set.id, epoch: read, offset: 7, message: 'bad crc' });
    expect(dispatch.hasRoom(p0)).toBe(false);
    await clock.advance(999);
    expect(reread).toHaveLength(read - 1);
    await clock.advance(1);
  }
  expect(reread.map(({ partitions }) => partitions)).toEqual([[{ ...p0, share: 0 }], [{ ...p0, share: 0 }]]);
  expect(corrupt).toEqual([7, 7, 7]);
  await clock.advance(10_000);
  expect(reread).toHaveLength(2);
});

test('stop ends all threads and leaves no timer', async () => {
  const { clock, dispatch, threads, released, start } = setup({ concurrency: { ...concurrency, workers: 3 } });
  await start();
  dispatch.open(p0, 1, null);
  const set = recordSet(p0, 1, 0, 2_000);
  dispatch.accept(set);
  expect(dispatch.hasRoom(p0)).toBe(false);
  await dispatch.stop();
  expect(threads.map(({ killed }) => killed)).toEqual([true, true, true]);
  expect(released).toEqual([set.progress]);
  expect(clock.pending).toBe(0);
});
