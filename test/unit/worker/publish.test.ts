import { expect, test } from 'vitest';
import { anyEvents } from '../../../runtime/core/event-types.ts';
import type { Context } from '../../../runtime/handler/context.ts';
import type { Event } from '../../../runtime/handler/event.ts';
import { loadShapes } from '../../../runtime/worker/event-shapes.ts';
import { ThreadUnderTest } from './thread-under-test.ts';

const out = { topic: 'out', type: 'Paid', data: { a: 1 } };

function answer(thread: ThreadUnderTest, failed = false): void {
  const { request, records } = thread.of('publish').at(-1)!;
  const error = { name: 'KafkaError', message: 'no', code: 'RT_X', stack: null, classes: [], delayMs: null };
  const places = records.map(({ topic }, i) => ({ topic, partition: 0, offset: 100 + i }));
  thread.runner.receive({
    kind: 'published',
    request,
    result: failed
      ? { kind: 'failed', places: records.map(() => null), failures: records.map((_, index) => ({ index, error })) }
      : { kind: 'ok', places },
  });
}

test('what one stretch of work publishes goes as one message, and each call gets its own places', async () => {
  const places: unknown[] = [];
  const thread = new ThreadUnderTest([
    {
      async Placed(_: Event, ctx: Context) {
        places.push(await ctx.publish([out, out]));
      },
    },
  ]);
  const set = thread.give([{ key: 'a' }, { key: 'b' }]);
  await thread.settle();
  expect(thread.of('publish')).toHaveLength(1);
  expect(thread.of('publish')[0]!.records).toHaveLength(4);
  answer(thread);
  await thread.settle();
  expect(places[1]).toEqual([
    { topic: 'out', partition: 0, offset: 102n },
    { topic: 'out', partition: 0, offset: 103n },
  ]);
  expect(set.answer?.kind).toBe('done');
});

test('a message carries the bytes of its records and no others, so that what waits in the producer is what it counts', async () => {
  const handler = (_: Event, ctx: Context) => ctx.publish([{ ...out, key: 'k' }, out]);
  const thread = new ThreadUnderTest([{ Placed: handler }]);
  thread.give([{ key: 'a' }]);
  await thread.settle();
  const parts = thread
    .of('publish')[0]!
    .records.flatMap(({ key, value, headers }) => [key, value, ...headers.map(([, bytes]) => bytes)])
    .filter((bytes) => bytes !== null);
  expect(Buffer.from(parts[0]!).toString()).toBe('k');
  const memory = new Set(parts.map(({ buffer }) => buffer));
  const held = [...memory].reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(held).toBe(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
});

test.each([
  ['returns at once', (_: Event, ctx: Context) => void ctx.publish(out)],
  ['resolves without waiting', async (_: Event, ctx: Context) => void ctx.publish(out)],
])('a record is done only after its publish is acknowledged, also when the handler %s', async (_, handler) => {
  const thread = new ThreadUnderTest([{ Placed: handler }]);
  const set = thread.give([{ key: 'a' }]);
  await thread.settle();
  expect(set.answer).toBeNull();
  answer(thread);
  await thread.settle();
  expect(set.answer?.kind).toBe('done');
});

test('what fails of one handler fails its publish only, and says what became of each event', async () => {
  const seen: unknown[] = [];
  const handler = async (event: Event, ctx: Context): Promise<void> => {
    const events = event.key === 'a' ? [out, out, out] : [out];
    seen.push(await ctx.publish(events).catch((error: unknown) => error));
  };
  const thread = new ThreadUnderTest([{ Placed: handler }]);
  const set = thread.give([{ key: 'a' }, { key: 'b' }]);
  await thread.settle();
  const { request } = thread.of('publish')[0]!;
  const error = { name: 'KafkaError', message: 'too large', code: 'RT_X', stack: null, classes: [], delayMs: null };
  const place = (offset: number) => ({ topic: 'out', partition: 0, offset });
  const places = [place(1), null, place(2), place(3)];
  thread.runner.receive({
    kind: 'published',
    request,
    result: { kind: 'failed', places, failures: [{ index: 1, error }] },
  });
  await thread.settle();
  expect(seen).toMatchObject([
    {
      name: 'PartlyPublishedError',
      message: '1 of 3 events were not written: too large',
      deliveries: [
        { kind: 'written', offset: 1n },
        { kind: 'failed', error: { name: 'KafkaError', code: 'RT_X' } },
        { kind: 'written', offset: 2n },
      ],
    },
    [{ topic: 'out', partition: 0, offset: 3n }],
  ]);
  expect(set.answer?.kind).toBe('done');
});

test('in the background a publish is done when there is room for it; before, it may fail', async () => {
  const seen: unknown[] = [];
  const handler = async (event: Event, ctx: Context): Promise<void> => {
    seen.push(await ctx.publish([out, out], { background: true }).catch((error: unknown) => error));
    if (event.key === 'a') void ctx.publish({ ...out, topic: '' }, { background: true });
  };
  const thread = new ThreadUnderTest([{ Placed: handler }]);
  const set = thread.give([{ key: 'a' }, { key: 'b' }]);
  await thread.settle();
  const { request, records, background } = thread.of('publish')[0]!;
  expect([records.length, background]).toEqual([4, true]);
  const error = { name: 'PublishError', message: 'full', code: 'RT_X', stack: null, classes: [], delayMs: null };
  const failed = { kind: 'failed', places: [null, null, null, null], failures: [{ index: 3, error }] } as const;
  thread.runner.receive({ kind: 'published', request, result: failed });
  await thread.settle();
  expect(seen).toMatchObject([[], { message: 'full', code: 'RT_X' }]);
  expect(thread.of('retrying')).toMatchObject([{ error: { name: 'TypeError' } }]); // what cannot be written at all
  expect(set.answer).toBeNull();
});

test('what is published in the background does not overtake what was published before, nor the other way round', async () => {
  const handler = (_: Event, ctx: Context): void => {
    for (const background of [false, true, true, false]) void ctx.publish({ ...out, key: 'k' }, { background });
  };
  const thread = new ThreadUnderTest([{ Placed: handler }]);
  thread.give([{ key: 'a' }]);
  await thread.settle();
  expect(thread.of('publish').map(({ records, background }) => [records.length, background ?? false])).toEqual([
    [1, false],
    [2, true],
    [1, false],
  ]);
});

test('a publish that fails and that nobody waited for fails the attempt', async () => {
  const thread = new ThreadUnderTest([{ Placed: (_: Event, ctx: Context) => void ctx.publish(out) }]);
  thread.give([{ key: 'a' }]);
  await thread.settle();
  answer(thread, true);
  await thread.settle();
  expect(thread.of('retrying')).toMatchObject([{ error: { name: 'KafkaError', code: 'RT_X' } }]);
});

test('a handler that sees the failure may decide otherwise', async () => {
  const handler = async (_: Event, ctx: Context) => {
    await ctx.publish(out).catch(() => {});
  };
  const thread = new ThreadUnderTest([{ Placed: handler }]);
  const set = thread.give([{ key: 'a' }]);
  await thread.settle();
  answer(thread, true);
  await thread.settle();
  expect(set.answer?.kind).toBe('done');
});

test('correlation and causation continue from the handled event', async () => {
  const thread = new ThreadUnderTest([{ Placed: (_: Event, ctx: Context) => ctx.publish(out) }]);
  thread.give([
    {
      key: 'a',
      headers: [
        ['event_id', Buffer.from('e-1')],
        ['correlation_id', Buffer.from('c-1')],
      ],
    },
  ]);
  await thread.settle();
  const [record] = thread.of('publish')[0]!.records;
  const headers = Object.fromEntries(record!.headers.map(([name, value]) => [name, Buffer.from(value!).toString()]));
  expect(headers).toMatchObject({ event_id: 'id-1', correlation_id: 'c-1', causation_id: 'e-1' });
});

test('an event that cannot be written fails the attempt with the field', async () => {
  const thread = new ThreadUnderTest([{ Placed: (_: Event, ctx: Context) => ctx.publish({ ...out, topic: '' }) }]);
  thread.give([{ key: 'a' }]);
  await thread.settle();
  expect(thread.of('retrying')[0]!.error.message).toMatch(/publish: topic: expected/);
});

test.each([
  ['waits for it', (_: Event, ctx: Context) => ctx.publish(out)],
  ['does not wait for it', (_: Event, ctx: Context) => void ctx.publish(out)],
])(
  'a publish that is not acknowledged in time fails the attempt, not the thread: the handler %s',
  async (_, handler) => {
    const thread = new ThreadUnderTest([{ Placed: handler }], { timeouts: { handlerMs: 1_000 } });
    const set = thread.give([{ key: 'a' }]);
    await thread.settle();
    await thread.clock.advance(1_000);
    await thread.settle();
    expect(thread.of('retrying')).toMatchObject([{ attempt: 1, error: { code: 'RT_HANDLER_TIMEOUT' } }]);
    await thread.clock.advance(1_000);
    await thread.settle();
    expect(thread.of('tainted')).toEqual([]);
    answer(thread); // the second attempt's
    await thread.settle();
    expect(set.answer?.kind).toBe('done');
  },
);

test('an event that is not what its schema says is not published, nor what came with it, and its record is not tried again', async () => {
  const file = '/paid.json';
  const events = [{ type: 'Paid', file, schema: { properties: { a: { type: 'integer' } } } }];
  const schemas = { ...anyEvents, events: [...events, { type: 'Placed', file, schema: true }] };
  const handler = async (_: Event, ctx: Context) => {
    await ctx.publish([out, { ...out, data: { a: 'one' } }]);
  };
  const thread = new ThreadUnderTest([{ Placed: handler }], { schemas, shapes: await loadShapes(schemas) });
  thread.give([{ key: 'a' }]);
  await thread.settle();
  expect(thread.of('publish')).toEqual([]);
  expect(thread.of('exhausted')).toMatchObject([
    {
      attempts: 1,
      error: { name: 'ValidationError', message: expect.stringContaining('/a: must be integer, found') as unknown },
    },
  ]);
});
