import { expect, test } from 'vitest';
import { HandlerError } from '../../../runtime/core/errors.ts';
import { finish, recordSet, setup, twoWorkers } from './fake-threads.ts';

const p0 = { topic: 'orders', partition: 0, share: 0 };
const p1 = { topic: 'orders', partition: 1, share: 0 };
const p2 = { topic: 'orders', partition: 2, share: 0 };

test('partitions of a dead thread are read again once its successor has started; others are left alone', async () => {
  const { clock, dispatch, threads, reread, released, events, start } = setup(twoWorkers);
  await start();
  for (const place of [p0, p1, p2]) dispatch.open(place, 1, null);
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  dispatch.accept(recordSet(p1, 1, 0, 9));
  finish(set, 0, 3);
  threads[0]?.hooks.died('exit 13');
  await clock.turn();
  expect(released).toEqual([set.progress]);
  expect([p0, p1, p2].map((place) => dispatch.hasRoom(place))).toEqual([false, true, false]);
  expect(reread).toEqual([]);
  threads[2]?.started.resolve();
  await clock.turn();
  expect(threads.map(({ index }) => index)).toEqual([0, 1, 0]);
  expect(reread.map(({ partitions }) => partitions)).toEqual([[p0]]);
  expect(dispatch.hasRoom(p2)).toBe(true); // it had nothing in the thread
  expect(events).toEqual(['thread.died: exit 13', 'thread.replaced']);
});

test('a set that comes while the thread is replaced is read again too', async () => {
  const { clock, dispatch, threads, reread, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  threads[0]?.hooks.died('exit 13');
  await clock.turn();
  dispatch.accept(recordSet(p0, 1, 0, 9));
  threads[1]?.started.resolve();
  await clock.turn();
  expect(reread.map(({ partitions }) => partitions)).toEqual([[p0]]);
});

test('a successor that does not start blames nothing: it ran no record', async () => {
  const { clock, dispatch, threads, reread, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  set.progress.start(0);
  threads[0]?.hooks.died('exit 13');
  await clock.turn();
  threads[1]?.started.reject(new Error('the handlers cannot be loaded'));
  await clock.advance(5_000);
  threads[2]?.started.resolve();
  await clock.turn();
  expect(reread[0]?.suspects.get('orders/0')).toEqual([{ offset: 0, deaths: 1 }]);
});

test('suspects that no thread was told of before the next one died are suspects still', async () => {
  const { clock, dispatch, threads, reread, start } = setup();
  await start();
  dispatch.open(p0, 2, { finished: [], suspects: [{ offset: 3, deaths: 1 }] });
  threads[0]?.hooks.died('exit 13');
  await clock.turn();
  dispatch.accept(recordSet(p0, 2, 0, 9));
  threads[1]?.started.resolve();
  await clock.turn();
  expect(reread[0]?.suspects.get('orders/0')).toEqual([{ offset: 3, deaths: 1 }]);
});

test('records that were started and not finished are suspects; deaths add up until the assignment ends', async () => {
  const { clock, dispatch, threads, reread, start } = setup();
  await start();
  for (let death = 1; death <= 2; death++) {
    dispatch.open(p0, death, null);
    const set = recordSet(p0, death, 0, 9);
    dispatch.accept(set);
    finish(set, 0, 1);
    set.progress.start(2);
    if (death === 1) set.progress.start(5);
    set.progress.publish();
    threads.at(-1)?.hooks.died('exit 13');
    await clock.advance(5_000);
    threads.at(-1)?.started.resolve();
    await clock.turn();
  }
  expect(reread.map(({ suspects }) => suspects.get('orders/0'))).toEqual([
    [
      { offset: 2, deaths: 1 },
      { offset: 5, deaths: 1 },
    ],
    [
      { offset: 2, deaths: 2 },
      { offset: 5, deaths: 1 }, // nobody has run it since
    ],
  ]);
  dispatch.abort([p0]); // here the assignment ends
  dispatch.open(p0, 9, null);
  const set = recordSet(p0, 9, 0, 9);
  dispatch.accept(set);
  set.progress.start(2);
  threads.at(-1)?.hooks.died('exit 13');
  await clock.advance(5_000);
  threads.at(-1)?.started.resolve();
  await clock.turn();
  expect(reread.at(-1)?.suspects.get('orders/0')).toEqual([{ offset: 2, deaths: 1 }]);
});

test('a suspect stays one until it is finished, whoever else kills its thread meanwhile', async () => {
  const { clock, dispatch, threads, reread, start } = setup();
  await start();
  const die = async (death: number, running: { readonly partition: number }, finished: readonly number[] = []) => {
    for (const place of [p0, p1]) dispatch.open(place, death, null);
    const sets = [recordSet(p0, death, 0, 9), recordSet(p1, death, 0, 9)];
    for (const set of sets) dispatch.accept(set);
    for (const offset of finished) sets[0]?.progress.finish(offset);
    const at = sets[running.partition]?.progress;
    at?.start(running.partition + 4);
    at?.enter(running.partition + 4);
    threads.at(-1)?.hooks.died('exit 13');
    await clock.advance(20_000);
    threads.at(-1)?.started.resolve();
    await clock.turn();
    return reread.at(-1)?.suspects;
  };
  await die(1, p0);
  const both = await die(2, p1);
  expect(both?.get('orders/0')).toEqual([{ offset: 4, deaths: 1 }]);
  expect(both?.get('orders/1')).toEqual([{ offset: 5, deaths: 1 }]);
  const one = await die(3, p1, [4]);
  expect(one?.get('orders/0') ?? []).toEqual([]);
  expect(one?.get('orders/1')).toEqual([{ offset: 5, deaths: 2 }]);
});

test('a record that was on the stack is the only suspect, over all partitions of the thread', async () => {
  const { clock, dispatch, threads, reread, start } = setup();
  await start();
  const [first, second] = [recordSet(p0, 1, 0, 9), recordSet(p1, 1, 100, 109)];
  dispatch.open(p0, 1, null);
  dispatch.open(p1, 1, null);
  dispatch.accept(first);
  dispatch.accept(second);
  first.progress.start(4);
  second.progress.start(1);
  second.progress.start(3);
  second.progress.enter(3);
  threads[0]?.hooks.died('exit 13');
  await clock.turn();
  threads[1]?.started.resolve();
  await clock.turn();
  expect(reread[0]?.partitions).toEqual([p0, p1]);
  expect([...(reread[0]?.suspects ?? [])].filter(([, suspects]) => suspects.length > 0)).toEqual([
    ['orders/1', [{ offset: 103, deaths: 1 }]],
  ]);
});

test('of a thread that names its culprit nothing else is a suspect, however often others waited while it ended', async () => {
  const { clock, dispatch, threads, reread, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  dispatch.open(p1, 1, null);
  const [first, second] = [recordSet(p0, 1, 0, 9), recordSet(p1, 1, 100, 109)];
  dispatch.accept(first);
  dispatch.accept(second);
  first.progress.start(2); // waits for its retry, say
  first.progress.start(5);
  second.progress.start(5);
  const blame = { ...p0, offset: 5, key: null, type: null };
  threads[0]?.hooks.message({ kind: 'tainted', reason: 'a handler went on', blame });
  await clock.turn();
  threads[1]?.started.resolve();
  await clock.turn();
  expect(reread[0]?.partitions).toEqual([p0, p1]);
  expect([...(reread[0]?.suspects ?? [])]).toEqual([
    ['orders/0', [{ offset: 5, deaths: 1 }]],
    ['orders/1', []],
  ]);
});

test.each([
  ['on-stack', [{ offset: 3, deaths: 1 }]],
  [
    'begun', // what is on the stack by now came after the error
    [
      { offset: 2, deaths: 1 },
      { offset: 3, deaths: 1 },
    ],
  ],
  ['none', []], // a hook that goes on is no record's doing
] as const)('a death that blames "%s"', async (blame, suspects) => {
  const { clock, dispatch, threads, reread, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  const set = recordSet(p0, 1, 0, 9);
  dispatch.accept(set);
  set.progress.start(2);
  set.progress.start(3);
  set.progress.enter(3);
  threads[0]?.hooks.message({ kind: 'tainted', reason: 'it went wrong', blame });
  await clock.turn();
  threads[1]?.started.resolve();
  await clock.turn();
  expect(reread[0]?.suspects.get('orders/0')).toEqual(suspects);
});

test('a thread that calls itself tainted is killed and replaced', async () => {
  const { clock, dispatch, threads, reread, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  dispatch.accept(recordSet(p0, 1, 0, 9));
  threads[0]?.hooks.message({ kind: 'tainted', reason: 'unhandled rejection', blame: 'begun' });
  await clock.turn();
  expect(threads[0]?.killed).toBe(true);
  threads[1]?.started.resolve();
  await clock.turn();
  expect(reread.map(({ partitions }) => partitions)).toEqual([[p0]]);
  threads[0]?.hooks.message({ kind: 'tainted', reason: 'a late message of the dead thread', blame: 'begun' });
  await clock.turn();
  expect(threads).toHaveLength(2);
});

test('a thread whose loop stands still for timeouts.handler with work in flight is replaced', async () => {
  const { clock, dispatch, threads, events, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  await clock.advance(60_000); // idle: nothing to be late with
  expect(threads).toHaveLength(1);
  dispatch.accept(recordSet(p0, 1, 0, 9));
  await clock.advance(9_000);
  threads[0]?.pulse.beat();
  await clock.advance(10_000);
  expect(threads).toHaveLength(1);
  await clock.advance(2_000);
  expect(threads).toHaveLength(2);
  expect(events[0]).toMatch(/^thread.died: a handler held the thread for 1\d{4} ms/);
});

// A native call (a child process waited for, a lock of a file) holds a thread also while it is ended.
test('a thread that takes its time to end is told at once, and its successor waits for it', async () => {
  const { clock, dispatch, threads, events, reread, start } = setup();
  await start();
  dispatch.open(p0, 1, null);
  dispatch.accept(recordSet(p0, 1, 0, 9));
  const end = Promise.withResolvers<void>();
  threads[0]!.ended = end.promise;
  await clock.advance(11_000); // its pulse stands still
  expect(events).toEqual(['thread.died: a handler held the thread for 10000 ms (timeouts.handler)']);
  await clock.advance(60_000);
  expect(threads).toHaveLength(1);
  expect(reread).toEqual([]);
  end.resolve();
  await clock.turn();
  threads[1]?.started.resolve();
  await clock.turn();
  expect(reread.map(({ partitions }) => partitions)).toEqual([[p0]]);
  expect(events).toHaveLength(2);
});

test('a crash loop waits longer before each successor, a successor that does not start included', async () => {
  const { clock, threads, start } = setup();
  await start();
  threads[0]?.hooks.died('exit 13');
  await clock.turn();
  expect(threads).toHaveLength(2); // the first one costs no wait
  threads[1]?.started.reject(new Error('the file is gone'));
  await clock.turn();
  await clock.advance(99);
  expect(threads).toHaveLength(2);
  await clock.advance(1);
  expect(threads).toHaveLength(3);
  threads[2]?.started.resolve();
  await clock.turn();
  threads[2]?.hooks.died('exit 13');
  await clock.turn();
  await clock.advance(199);
  expect(threads).toHaveLength(3);
  await clock.advance(1);
  expect(threads).toHaveLength(4);
  threads[3]?.started.resolve();
  await clock.turn();
  await clock.advance(60_000);
  threads[3]?.hooks.died('exit 13');
  await clock.turn();
  expect(threads).toHaveLength(5); // it had lived well
});

test('a rejection that nobody waits for while the handlers load is an error of the start too, not silence', async () => {
  const { clock, dispatch, threads, events } = setup();
  const reason = 'a promise was rejected and nobody waited for it: no database';
  const starting = dispatch.start();
  threads[0]?.hooks.message({ kind: 'tainted', reason, blame: 'begun' });
  threads[0]?.started.resolve();
  await expect(starting).rejects.toThrow('no database');
  expect(threads[0]?.killed).toBe(true);
  expect(events).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('handlers that do not load are an error of the start, and no thread is left', async () => {
  const { clock, dispatch, threads } = setup(twoWorkers);
  const starting = dispatch.start();
  threads[0]?.started.resolve();
  threads[1]?.started.reject(new HandlerError('RT_HANDLER_LOAD', 'no such file', { retryable: false }));
  await expect(starting).rejects.toThrow('no such file');
  expect(threads.every(({ killed }) => killed)).toBe(true);
  expect(clock.pending).toBe(0);
});
