// Row S-63.
import { describe, expect, test } from 'vitest';
import type { Context } from '../../../runtime/handler/context.ts';
import type { Event } from '../../../runtime/handler/event.ts';
import { NonRetryableError, RetryableError } from '../../../runtime/handler/handler-errors.ts';
import { Gate, ThreadUnderTest } from './thread-under-test.ts';

const always = (error: unknown) => () => {
  throw error;
};

// S-60..S-62. The random source is fixed: 0.5 means no jitter, 0 the shortest delay, just below 1 the longest.
describe('timelines', () => {
  test.each([
    ['defaults', { maxRetries: 3, baseDelayMs: 1000, maxDelayMs: 60_000, jitter: 0.1 }, 0.5, [1000, 2000, 4000]],
    [
      'custom',
      { maxRetries: 5, baseDelayMs: 2000, maxDelayMs: 120_000, jitter: 0.2 },
      0.5,
      [2000, 4000, 8000, 16_000, 32_000],
    ],
    ['shortest', { maxRetries: 2, baseDelayMs: 1000, maxDelayMs: 60_000, jitter: 0.1 }, 0, [900, 1800]],
    [
      'clamped',
      { maxRetries: 3, baseDelayMs: 40_000, maxDelayMs: 60_000, jitter: 0.1 },
      0.999999,
      [43_999.992, 60_000, 60_000],
    ],
    ['none', { maxRetries: 0, baseDelayMs: 1000, maxDelayMs: 60_000, jitter: 0 }, 0.5, []],
  ])('%s', async (_, retry, random, delays) => {
    const calls: number[] = [];
    const thread: ThreadUnderTest = new ThreadUnderTest(
      [
        {
          Placed(_: Event, ctx: Context) {
            calls.push(thread.clock.now());
            expect(ctx.attempt).toBe(calls.length);
            throw new Error('no');
          },
        },
      ],
      { retry, random: () => random },
    );
    thread.give([{ key: 'a' }]);
    await thread.settle();
    for (const delay of delays) await thread.clock.advance(delay + 0.001);
    expect(calls).toHaveLength(delays.length + 1);
    expect(thread.of('retrying').map(({ delayMs }) => Math.round(delayMs))).toEqual(delays.map(Math.round));
    expect(thread.exhausted).toMatchObject([
      { reason: 'max_retries_exceeded', attempts: delays.length + 1, error: { name: 'Error', message: 'no' } },
    ]);
  });
});

test('a failing record holds its own key only, and is finished when its dead letter is settled', async () => {
  const seen: string[] = [];
  const thread = new ThreadUnderTest(
    [
      {
        Placed(event: Event) {
          seen.push(`${event.key}${event.offset}`);
          if (event.offset === 0n) throw new Error('no');
        },
      },
    ],
    { retry: { maxRetries: 1 } },
  );
  const set = thread.give([{ key: 'a' }, { key: 'b' }, { key: 'a' }, { key: 'b' }]);
  await thread.settle();
  expect(seen).toEqual(['a0', 'b1', 'b3']);
  await thread.clock.advance(1000);
  expect(seen).toEqual(['a0', 'b1', 'b3', 'a0']);
  expect(thread.exhausted).toHaveLength(1);
  expect(set.progress.isFinished(0)).toBe(false);
  await thread.clock.advance(100_000);
  expect(seen).toHaveLength(4);
  thread.settled(thread.exhausted[0]!);
  await thread.settle();
  expect(seen.at(-1)).toBe('a2');
  expect(set.answer?.kind).toBe('done');
  thread.settled(thread.exhausted[0]!);
});

test('for ever means for ever', async () => {
  const thread = new ThreadUnderTest([{ Placed: always(new Error('no')) }], {
    retry: { maxRetries: -1, baseDelayMs: 10, maxDelayMs: 10 },
  });
  thread.give([{ key: 'a' }]);
  await thread.settle();
  await thread.clock.advance(500);
  expect(thread.of('retrying').length).toBeGreaterThan(40);
  expect(thread.exhausted).toEqual([]);
});

class ValidationError extends Error {}
class StrictValidationError extends ValidationError {}

test.each([
  ['NonRetryableError', new NonRetryableError('x')],
  ['a subclass of it', new (class extends NonRetryableError {})('x')],
  ['a name of retry.never', Object.assign(new Error('x'), { name: 'ValidationError' })],
  ['a class of that name', new ValidationError('x')],
  ['a subclass of such a class', new StrictValidationError('x')],
])('%s is dead-lettered at once', async (_, error) => {
  const thread = new ThreadUnderTest([{ Placed: always(error) }]);
  thread.give([{ key: 'a' }]);
  await thread.settle();
  expect(thread.exhausted).toMatchObject([{ reason: 'handler_error', attempts: 1, error: { message: 'x' } }]);
});

test('ctx.deadLetter dead-letters at once, with its reason', async () => {
  const thread = new ThreadUnderTest([
    { Placed: (_: Event, ctx: Context) => ctx.deadLetter('bad total', { total: -1 }) },
  ]);
  thread.give([{ key: 'a' }]);
  await thread.settle();
  expect(thread.exhausted).toMatchObject([{ reason: 'handler_error', error: { message: 'bad total: {"total":-1}' } }]);
});

test('RetryableError decides the delay', async () => {
  const thread = new ThreadUnderTest([{ Placed: always(new RetryableError('later', { delay: '5m' })) }]);
  thread.give([{ key: 'a' }]);
  await thread.settle();
  expect(thread.of('retrying')).toMatchObject([{ delayMs: 300_000, attempt: 1 }]);
  expect(() => new RetryableError('x', { delay: 'soon' })).toThrow(/delay: expected milliseconds/);
});

// D-10.
test('of several handlers only those that failed run again', async () => {
  const calls: string[] = [];
  const modules = [
    { Placed: () => calls.push('first') },
    {
      async Placed(_: Event, ctx: Context) {
        calls.push('second');
        if (ctx.attempt === 1) throw new Error('no');
      },
    },
    { '*': async () => calls.push('third') },
  ];
  const thread = new ThreadUnderTest(modules);
  const set = thread.give([{ key: 'a' }]);
  await thread.settle();
  expect(calls).toEqual(['first', 'second', 'third']);
  await thread.clock.advance(1000);
  expect(calls).toEqual(['first', 'second', 'third', 'second']);
  expect(set.answer?.kind).toBe('done');
});

// R21, R22.
const cyclic = new Error('cyclic');
cyclic.cause = cyclic;
const hostile = Object.defineProperty(new Error('x'), 'message', {
  get() {
    throw new Error('getter');
  },
});
test.each([
  ['undefined', undefined],
  ['a string', 'text'],
  ['an object with a cycle', cyclic],
  ['an error whose getter throws', hostile],
  ['ten megabytes', new Error('x'.repeat(10_000_000))],
  ['a frozen proxy', new Proxy(Object.freeze({}), {})],
  ['a DOMException', new DOMException('x', 'AbortError')],
  ['a function', () => {}],
])('a handler may throw %s', async (_, thrown) => {
  for (const handler of [always(thrown), async () => always(thrown)()]) {
    const thread = new ThreadUnderTest([{ Placed: handler }], { retry: { maxRetries: 1 } });
    thread.give([{ key: 'a' }]);
    await thread.settle();
    await thread.clock.advance(1000);
    expect(thread.exhausted).toHaveLength(1);
    expect(thread.exhausted[0]!.error.message.length).toBeLessThan(5000);
  }
});

test.each([
  ['something that cannot be cloned', () => () => {}],
  ['an object whose then throws', () => Object.defineProperty({}, 'then', { value: 5 })],
  ['a promise of something huge', async () => new Array(1e6).fill(0)],
])('what a handler returns is ignored: %s', async (_, handler) => {
  const thread = new ThreadUnderTest([{ Placed: handler }]);
  const set = thread.give([{ key: 'a' }]);
  await thread.settle();
  expect(set.answer?.kind).toBe('done');
});

describe('timeouts', () => {
  test('the signal is aborted, the attempt counts as failed, and the next one waits until the call has settled', async () => {
    const gate = new Gate();
    const calls: (string | number)[] = [];
    const thread = new ThreadUnderTest(
      [
        {
          async Placed(event: Event, ctx: Context) {
            calls.push(`${event.offset}/${ctx.attempt}`);
            if (ctx.attempt > 1 || event.offset > 0n) return;
            await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
            calls.push(ctx.signal.reason);
            await gate.opened;
          },
        },
      ],
      { timeouts: { handlerMs: 5000 } },
    );
    const set = thread.give([{ key: 'a' }, { key: 'a' }]);
    await thread.settle();
    await thread.clock.advance(5000);
    expect(calls).toEqual(['0/1', 'timeout']);
    await thread.clock.advance(2000);
    expect(calls).toHaveLength(2);
    gate.open();
    await thread.settle();
    expect(thread.of('retrying')).toMatchObject([{ error: { name: 'HandlerError', code: 'RT_HANDLER_TIMEOUT' } }]);
    await thread.clock.advance(1000);
    expect(calls).toEqual(['0/1', 'timeout', '0/2', '1/1']);
    expect(set.answer?.kind).toBe('done');
    expect(thread.of('tainted')).toEqual([]);
  });

  test('a call that never settles costs the thread', async () => {
    const thread = new ThreadUnderTest([{ Placed: () => new Promise(() => {}) }], { timeouts: { handlerMs: 5000 } });
    thread.give([{ key: 'a' }]);
    await thread.settle();
    await thread.clock.advance(9999);
    expect(thread.of('tainted')).toEqual([]);
    await thread.clock.advance(1);
    expect(thread.of('tainted')).toMatchObject([{ blame: { topic: 'orders.stream', partition: 0, offset: 0 } }]);
  });

  test('a handler may have its own timeout and retries', async () => {
    const handle = (_: Event, ctx: Context) => new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    const thread = new ThreadUnderTest([{ Placed: { handle, timeout: '2s', retry: { maxRetries: 0 } } }]);
    thread.give([{ key: 'a' }]);
    await thread.settle();
    await thread.clock.advance(2000);
    expect(thread.exhausted).toMatchObject([{ attempts: 1, reason: 'max_retries_exceeded' }]);
  });

  test('a slow handler is reported, and not stopped', async () => {
    const gate = new Gate();
    const thread = new ThreadUnderTest([{ Placed: () => gate.opened }]);
    thread.give([{ key: 'a' }]);
    await thread.settle();
    await thread.clock.advance(1500);
    gate.open();
    await thread.settle();
    expect(thread.of('slow')).toMatchObject([{ durationMs: 1500, place: { offset: 0, key: 'a', type: 'Placed' } }]);
  });

  test('a thread with nothing to do has no timer left', async () => {
    const thread = new ThreadUnderTest([{ Placed: async () => {} }]);
    thread.give([{ key: 'a' }]);
    await thread.settle();
    await thread.clock.advance(1000);
    expect(thread.clock.pending).toBe(0);
  });
});

describe('what is on the stack', () => {
  const deltaOf = (event: Event): number => Number(event.offset);

  test('the record whose call has not returned', async () => {
    const seen: (readonly number[])[] = [];
    const handlers = { Placed: (event: Event) => void seen.push([deltaOf(event), set.progress.readRunning()]) };
    const thread = new ThreadUnderTest([handlers, handlers]);
    const set = thread.give([{ key: 'a' }, { key: 'b' }]);
    await thread.settle();
    expect(seen).toEqual([0, 0, 1, 1].map((delta) => [delta, delta]));
  });

  test.each<[string, (gate: Gate) => object[]]>([
    ['waits for a promise', (gate) => [{ Placed: () => gate.opened }]],
    ['waits for its retry', () => [{ Placed: always(new Error('no')) }]],
    [
      'waits for its retry, though its last handler succeeded',
      () => [{ Placed: always(new Error('no')) }, { Placed() {} }],
    ],
    ['waits for its dead letter', () => [{ Placed: always(new NonRetryableError('no')) }]],
  ])('no record that %s', async (_, handlers) => {
    const thread = new ThreadUnderTest(handlers(new Gate()));
    const set = thread.give([{ key: 'a' }]);
    await thread.settle();
    expect(set.progress.isStarted(0)).toBe(true);
    expect(set.progress.isFinished(0)).toBe(false);
    expect(set.progress.readRunning()).toBe(-1);
  });
});
