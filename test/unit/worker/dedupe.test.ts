// A record that comes again is passed over, once its handler has succeeded; while nobody can say, it waits.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../../runtime/handler/event.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { BestEffortDedupe, type Marks } from '../../../runtime/worker/best-effort-dedupe.ts';
import { moduleNames, openDedupe } from '../../../runtime/worker/dedupe.ts';
import { MemoryMarks } from '../../../runtime/worker/memory-marks.ts';
import { loadModuleMarks } from '../../../runtime/worker/module-marks.ts';
import { SqliteMarks } from '../../../runtime/worker/sqlite-marks.ts';
import { Gate, groupOf, type TestRecord, type TestSettings, ThreadUnderTest } from './thread-under-test.ts';

const by = { kind: 'header', name: 'event_id' } as const;
const ttlMs = 60_000;

function threadWith(marks: Marks, handlers: object | readonly object[], settings: TestSettings = {}): ThreadUnderTest {
  const dedupe = new BestEffortDedupe(by, marks);
  return new ThreadUnderTest(Array.isArray(handlers) ? handlers : [handlers], { ...settings, dedupe });
}

function memory(clock = new ManualClock(), max = 100): MemoryMarks {
  return new MemoryMarks({ kind: 'memory', ttlMs, max }, clock);
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'dedupe-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function sqlite(clock = new ManualClock(), max = 100, file = join(folder(), 'inner', 'marks.sqlite')): SqliteMarks {
  const marks = new SqliteMarks({ kind: 'sqlite', file, ttlMs, max }, clock);
  onTestFinished(() => marks.close());
  return marks;
}

const record = (id: string, key = id): TestRecord => ({ key, headers: [['event_id', Buffer.from(id)]] });

test.each([
  ['memory', memory],
  ['sqlite', sqlite],
])('S-55: %s passes over what was handled, in this set or in a later one', async (_, make) => {
  const seen: unknown[] = [];
  const thread = threadWith(make(), { '*': (event: Event) => void seen.push(event.key) });
  const first = thread.give([record('a'), record('b'), record('a', 'again')]);
  await thread.settle();
  thread.give([record('b', 'later'), record('c')], { firstOffset: 3 });
  await thread.settle();
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(first.answer).toMatchObject({ kind: 'done' });
  await thread.runner.end();
  expect(thread.of('tally').reduce((sum, { tally }) => sum + (tally.duplicates ?? 0), 0)).toBe(2);
});

test.each([
  ['memory', memory],
  ['sqlite', sqlite],
])('D-07: %s remembers as much as max says, and for as long as ttl says', async (_, make) => {
  const clock = new ManualClock();
  const marks = make(clock, 2_000);
  const partition = { topic: 'orders', partition: 0 };
  for (let i = 0; i < 5_000; i++) await marks.add('handler', String(i), partition);
  const known = Array.from({ length: 5_000 }, (_, i) => marks.has('handler', String(i)));
  const count = known.filter(Boolean).length;
  expect(count).toBeGreaterThanOrEqual(2_000);
  expect(count).toBeLessThanOrEqual(3_000); // sqlite tidies up after a thousand
  expect(known.at(-1)).toBe(true);
  expect(marks.has('other', '4999')).toBe(false);
  await clock.advance(ttlMs + 1);
  expect(marks.has('handler', '4999')).toBe(false);
});

test('what fails is not marked, and runs again', async () => {
  const attempts: string[] = [];
  const thread = threadWith(memory(), {
    '*'(event: Event, { attempt }: { attempt: number }) {
      attempts.push(`${event.key} ${attempt}`);
      if (attempt === 1) throw new Error('once');
    },
  });
  thread.give([record('a')]);
  await thread.settle();
  await thread.clock.advance(2_000);
  await thread.settle();
  expect(attempts).toEqual(['a 1', 'a 2']);
});

test('two copies at once: the second one waits for the first, and runs when that fails', async () => {
  const gate = new Gate();
  const calls: unknown[] = [];
  const thread = threadWith(memory(), {
    async '*'(event: Event) {
      calls.push(event.key);
      if (calls.length === 1) await gate.opened;
    },
  });
  thread.give([record('a', 'first'), record('a', 'second'), record('a', 'third')]);
  await thread.settle();
  expect(calls).toEqual(['first']);
  gate.fail(new Error('no'));
  await thread.settle();
  expect(calls).toEqual(['first', 'second']);
});

test('R24: while the store is down nothing is handled, no attempt is used up, and then all of it is', async () => {
  let isDown = true;
  const marks = memory();
  const failing: Marks = {
    ...{ add: marks.add.bind(marks), forget: () => {}, close: () => {} },
    has(handler, id) {
      if (isDown) throw new Error('disk I/O error');
      return marks.has(handler, id);
    },
  };
  const seen: unknown[] = [];
  const settings = { retry: { maxRetries: 0, maxDelayMs: 1_000 } };
  const thread = threadWith(failing, { '*': (event: Event) => void seen.push(event.key) }, settings);
  thread.give([record('a')]);
  await thread.settle();
  for (let i = 0; i < 5; i++) await thread.clock.advance(1_000);
  expect(seen).toEqual([]);
  expect(thread.exhausted).toEqual([]);
  expect(thread.of('store')).toEqual([{ kind: 'store', problem: 'disk I/O error' }]);
  expect(thread.of('retrying').at(-1)).toMatchObject({ attempt: 1, error: { message: 'disk I/O error' } });
  isDown = false;
  await thread.clock.advance(1_000);
  await thread.settle();
  expect(seen).toEqual(['a']);
  expect(thread.of('store').at(-1)).toEqual({ kind: 'store', problem: null });
});

test('a mark that cannot be made is made later, and the handler is not called again', async () => {
  let failures = 2;
  const marks = memory();
  const failing: Marks = {
    ...{ has: marks.has.bind(marks), forget: () => {}, close: () => {} },
    async add(handler, id, partition) {
      if (failures-- > 0) throw new Error('disk full');
      marks.add(handler, id, partition);
    },
  };
  let calls = 0;
  const thread = threadWith(failing, { '*': () => void calls++ }, { retry: { maxRetries: 0 } });
  const given = thread.give([record('a')]);
  for (let i = 0; i < 4; i++) {
    await thread.settle();
    await thread.clock.advance(5_000);
  }
  await thread.settle();
  expect(calls).toBe(1);
  expect(given.answer).toMatchObject({ kind: 'done' });
  expect(marks.has('0', 'a')).toBe(true);
});

test('a call that was aborted is not marked, however it ends', async () => {
  const calls: number[] = [];
  const handler = (_: Event, ctx: { attempt: number; signal: AbortSignal }): Promise<void> | undefined => {
    calls.push(ctx.attempt);
    if (ctx.attempt > 1) return undefined;
    return new Promise((resolve) => ctx.signal.addEventListener('abort', () => resolve()));
  };
  const thread = threadWith(memory(), { '*': handler }, { timeouts: { handlerMs: 1_000 } });
  thread.give([record('a')]);
  await thread.settle();
  for (let i = 0; i < 4; i++) {
    await thread.clock.advance(1_000);
    await thread.settle();
  }
  expect(calls).toEqual([1, 2]);
});

test('records without an id are all handled; modules have marks of their own', async () => {
  const seen: string[] = [];
  const one = (name: string) => ({ '*': () => void seen.push(name) });
  const thread = threadWith(memory(), [one('0'), one('1')]);
  thread.give([{ key: 'a' }, { key: 'a' }, record('x'), record('x', 'again')]);
  await thread.settle();
  await thread.settle();
  expect(seen.toSorted()).toEqual(['0', '0', '0', '1', '1', '1']);
});

test('a partition that is taken away takes its marks with it, and only its own', async () => {
  const marks = memory();
  const seen: unknown[] = [];
  const thread = threadWith(marks, { '*': (event: Event) => void seen.push(event.key) });
  thread.give([record('a')]);
  thread.give([record('b')], { partition: 1 });
  await thread.settle();
  thread.close(0);
  expect([marks.has('0', 'a'), marks.has('0', 'b')]).toEqual([false, true]);
});

test('sqlite: another thread, and the next process, see the marks', async () => {
  const file = join(folder(), 'marks.sqlite');
  const [first, second] = [sqlite(undefined, 100, file), sqlite(undefined, 100, file)];
  first.add('handler', 'a');
  expect(second.has('handler', 'a')).toBe(true);
  first.close();
  expect(sqlite(undefined, 100, file).has('handler', 'a')).toBe(true);
});

test('a module is asked before and told after; one that does not export both does not load', async () => {
  const file = join(folder(), 'marks.mjs');
  writeFileSync(
    file,
    `export const told = [];
     export const seen = async (id) => told.some(([known]) => known === id);
     export const mark = (id, of) => void told.push([id, of]);`,
  );
  const thread = threadWith(await loadModuleMarks(file, 'billing'), { '*': () => {} });
  thread.give([record('a')]);
  await expect.poll(() => thread.settle().then(() => thread.of('exhausted'))).toEqual([]);
  const { told } = (await import(file)) as { told: unknown[] };
  await expect.poll(() => told).toEqual([['a', { group: 'billing', handler: '0' }]]);

  const half = join(folder(), 'half.mjs');
  writeFileSync(half, 'export const seen = () => false;');
  await expect(loadModuleMarks(half, 'billing')).rejects.toThrow(/half\.mjs: mark is undefined; expected the exports/);
});

test('a group without dedupe has none', async () => {
  const start = { group: groupOf(), thread: 0, maxRunning: 1 } as never;
  expect(await openDedupe(start, new ManualClock())).toBeNull();
});

test('modules are called by their file, with folders where needed', () => {
  expect(moduleNames(['/app/handlers/a.ts', '/app/handlers/b.js'])).toEqual(['a', 'b']);
  expect(moduleNames(['/app/x/index.ts', '/app/y/index.ts', '/app/c.mjs'])).toEqual(['x/index', 'y/index', 'c']);
});
