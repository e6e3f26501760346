import { expect, test } from 'vitest';
import { ownShare } from '../../../runtime/worker/own-share.ts';
import { groupOf, ThreadUnderTest } from './thread-under-test.ts';

const shares = 3;
const threads = Array.from({ length: shares }, (_, thread) => {
  return ownShare({ group: groupOf({ concurrency: { workers: shares, shares } }), thread })!;
});

/** Threads that a record is the own one of. */
function ownersOf(key: string | null, offset: number): readonly number[] {
  return threads.flatMap((isOwn, thread) => (isOwn(key, offset) ? thread : []));
}

test('a partition that is not split is all of its thread', () => {
  expect(ownShare({ group: groupOf(), thread: 0 })).toBeNull();
});

test('every record is one thread’s, and all records of a lane are the same one’s', () => {
  for (const key of ['', 'a', 'b', 'order-17', '\u00ff\u0000', '\u{10ffff}']) {
    expect(ownersOf(key, 0)).toHaveLength(1);
    for (const offset of [1, 2, 3, 1_000_000_007]) expect(ownersOf(key, offset)).toEqual(ownersOf(key, 0));
  }
});

test.each([
  ['numbers', (nr: number) => `${nr}`],
  ['even numbers', (nr: number) => `key-${2 * nr}`],
  ['letters', (nr: number) => String.fromCharCode(33 + nr)],
])('lanes are spread evenly: %s', (_, keyOf) => {
  const counts = [0, 0, 0];
  for (let nr = 0; nr < 90; nr++) counts[ownersOf(keyOf(nr), 0)[0]!]!++;
  for (const count of counts) expect(count).toBeGreaterThan(15);
});

test('records without order are dealt out one after the other', () => {
  expect([0, 1, 2, 3].map((offset) => ownersOf(null, offset))).toEqual([[0], [1], [2], [0]]);
});

test('a thread passes over what is another one’s, and all threads together handle every record once', async () => {
  const handled: string[] = [];
  const keys = Array.from({ length: 12 }, (_, nr) => `key-${nr}`);
  for (let thread = 0; thread < shares; thread++) {
    const handlers = { '*': ({ key }: { key: string }) => void handled.push(key) };
    const runner = new ThreadUnderTest([handlers], { concurrency: { workers: shares, shares }, thread });
    const { progress } = runner.give(keys.map((key) => ({ key })));
    await runner.settle();
    expect(progress.readPrefix()).toBe(keys.length);
    expect(handled.length).toBeGreaterThan(0);
    // What another thread handles is nobody's skipped record.
    await runner.clock.advance(1_000);
    expect(runner.of('tally').map(({ tally }) => tally.skipped ?? 0)).toEqual([0]);
  }
  expect(handled.toSorted()).toEqual(keys.toSorted());
});

test('at the end of an epoch a thread says which records are not its own, also beyond those that it came to', async () => {
  const never = new Promise(() => {});
  const handlers = { '*': () => never };
  const concurrency = { workers: shares, shares };
  const runner = new ThreadUnderTest([handlers], { concurrency, thread: 0, maxRunning: 1 });
  const keys = Array.from({ length: 12 }, (_, nr) => `key-${nr}`);
  const { progress, answer } = runner.give(keys.map((key) => ({ key })));
  await runner.settle();
  expect(answer).toBeNull();
  runner.close(0, 'shutdown');
  await runner.settle();
  const finished = keys.filter((_, delta) => progress.isFinished(delta));
  expect(finished).toEqual(keys.filter((key) => !threads[0]!(key, 0)));
});
