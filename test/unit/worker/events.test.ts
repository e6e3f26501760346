import { describe, expect, test } from 'vitest';
import type { RawHeader } from '../../../runtime/core/thread-messages.ts';
import type { Context } from '../../../runtime/handler/context.ts';
import type { Event } from '../../../runtime/handler/event.ts';
import { type TestRecord, type TestSettings, ThreadUnderTest } from './thread-under-test.ts';

/** Runs one record through one handler that returns what it saw. */
async function see<T>(record: TestRecord, look: (event: Event, ctx: Context) => T, settings: TestSettings = {}) {
  const seen: T[] = [];
  const thread = new ThreadUnderTest([{ '*': (event: Event, ctx: Context) => seen.push(look(event, ctx)) }], settings);
  const set = thread.give([record]);
  await thread.settle();
  return { seen: seen[0], thread, set };
}

const bytes = (text: string) => Buffer.from(text);

describe('keys and values', () => {
  test('R1, R2: a null key is null, an empty one is empty', async () => {
    expect((await see({ key: null }, (event) => event.key)).seen).toBeNull();
    expect((await see({ key: '' }, (event) => event.key)).seen).toBe('');
  });

  test('R3: a tombstone has no data, and nothing is decoded', async () => {
    const { seen, set } = await see({ key: 'a', value: null }, (event) => [event.data, event.tombstone]);
    expect(seen).toEqual([null, true]);
    expect(set.answer?.kind).toBe('done');
  });

  test('the body is the whole JSON value', async () => {
    const { seen } = await see({ value: '{"event_id":"1","total_amount":100.0}' }, (event) => event.data);
    expect(seen).toEqual({ event_id: '1', total_amount: 100 });
  });

  // R4, R5, R7, R10.
  test.each<[string, string | Uint8Array, RegExp]>([
    ['empty', '', /empty/],
    ['no JSON', 'hello', /not JSON.*position 0/],
    ['truncated', '{"a":[1,2', /not JSON.*position 9/],
    ['trailing garbage', '{"a":1}x', /not JSON.*position 7/],
    ['NaN', '{"a":NaN}', /not JSON.*position 5/],
    ['a byte order mark', '\ufeff{}', /byte order mark/],
    ['invalid UTF-8', Buffer.from([0x22, 0xff, 0x22]), /UTF-8/],
    ['too deep', `${'['.repeat(201)}${']'.repeat(201)}`, /deeper than 200 levels/],
    ['very deep', '['.repeat(1_000_000), /deeper than 200 levels/],
  ])('%s: deserialization_error at once, the bytes untouched', async (_, value, message) => {
    const { thread, set } = await see({ key: 'k', value }, (event) => event.data);
    expect(thread.exhausted).toMatchObject([{ reason: 'deserialization_error', attempts: 1 }]);
    expect(thread.exhausted[0]!.error.message).toMatch(message);
    expect(Buffer.from(value).equals(thread.exhausted[0]!.record.value!)).toBe(true);
    expect(set.answer).toBeNull();
  });

  test('200 levels, and braces inside strings, are fine', async () => {
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
    expect((await see({ value: deep }, (event) => JSON.stringify(event.data))).seen).toBe(deep);
    const text = JSON.stringify({ text: '[{"\\'.repeat(300) });
    expect((await see({ value: text }, (event) => JSON.stringify(event.data))).seen).toBe(text);
  });

  test('a replacement character that was written as such is valid', async () => {
    expect((await see({ key: '\ufffd', value: '"\ufffd"' }, (event) => [event.key, event.data])).seen).toEqual([
      '\ufffd',
      '\ufffd',
    ]);
  });

  test('a handler that wraps the failure changes nothing; one that handles it has handled it', async () => {
    const wrapped = await see({ value: 'x' }, (event) => {
      try {
        return event.data;
      } catch (error) {
        throw new Error('my own', { cause: error });
      }
    });
    expect(wrapped.thread.exhausted).toMatchObject([
      { reason: 'deserialization_error', error: { name: 'DecodeError' } },
    ]);
    const handled = await see({ value: 'x' }, (event) => {
      try {
        return event.data;
      } catch {
        return 'default';
      }
    });
    expect(handled.set.answer?.kind).toBe('done');
  });

  test('R10: a key that is not UTF-8 dead-letters a handler that reads it, and nobody else', async () => {
    const record = { key: Buffer.from([0xff, 0x61]) };
    expect((await see(record, (event) => event.key)).thread.exhausted).toMatchObject([
      { reason: 'deserialization_error' },
    ]);
    expect((await see(record, (event) => event.raw().key)).seen).toEqual(new Uint8Array([0xff, 0x61]));
  });

  test('R23: a handler that changes the bytes does not change the dead letter', async () => {
    const headers: RawHeader[] = [['h', bytes('header')]];
    const { thread } = await see({ key: 'key', value: '{"a":1}', headers }, (event) => {
      const raw = event.raw();
      for (const view of [raw.key!, raw.value!, event.headers.get('h')![0]!]) view.fill(0);
      throw Object.assign(new Error('x'), { name: 'ValidationError' });
    });
    const { key, value, headers: kept } = thread.exhausted[0]!.record;
    expect([key, value].map((b) => Buffer.from(b!).toString())).toEqual(['key', '{"a":1}']);
    expect(Buffer.from(kept[1]![1]!).toString()).toBe('header');
  });

  test('an event that is read after its bytes went back says so', async () => {
    const { seen } = await see({ key: 'a' }, (event) => event);
    expect(() => seen?.key).toThrow(/copy what you keep/);
    expect(() => seen?.data).toThrow(/copy what you keep/);
  });
});

describe('headers', () => {
  test('R12: binary, empty and null values, repeats and many of them, in order', async () => {
    const many: RawHeader[] = Array.from({ length: 1000 }, (_, i) => [`n${i % 10}`, bytes(`${i}`)]);
    const headers: RawHeader[] = [
      ['bin', Buffer.from([0, 255])],
      ['empty', Buffer.alloc(0)],
      ['null', null],
      ['large', Buffer.alloc(65_536, 'x')],
      ...many,
    ];
    const { seen } = await see({ headers }, (event) => ({ raw: event.raw().headers, map: event.headers }));
    const text = (list: readonly RawHeader[]) =>
      list.map(([name, value]) => `${name}=${value === null ? 'null' : Buffer.from(value).toString('latin1')}`);
    expect(text(seen!.raw.slice(1))).toEqual(text(headers));
    expect(
      seen!.map
        .get('n3')!
        .map((value) => Buffer.from(value).toString())
        .slice(0, 2),
    ).toEqual(['3', '13']);
    expect(seen!.map.get('null')).toEqual([new Uint8Array(0)]);
  });

  test('the envelope is read from them', async () => {
    const headers = Object.entries({
      event_id: 'e-1',
      aggregate_id: 'a-1',
      aggregate_type: 'Order',
      aggregate_version: '3',
      occurred_at: '2025-01-02T03:04:05+00:00',
      correlation_id: 'c-1',
      causation_id: 'k-1',
      tenant_id: 't-1',
      actor_id: 'Zoë',
      dlq_replay_count: '2',
    }).map(([name, value]): RawHeader => [name, bytes(value)]);
    const { seen } = await see({ key: 'a-1', headers }, (event, ctx) => ({
      ...{ type: event.type, id: event.id, aggregateId: event.aggregateId, aggregateType: event.aggregateType },
      ...{ version: event.aggregateVersion, at: event.occurredAt?.toISOString(), correlationId: event.correlationId },
      ...{ causationId: event.causationId, tenantId: event.tenantId, actorId: event.actorId },
      ...{ offset: event.offset, topic: event.topic, partition: event.partition, timestamp: event.timestamp.getTime() },
      ...{ replay: ctx.isReplay, count: ctx.replayCount, group: ctx.group, attempt: ctx.attempt, max: ctx.maxRetries },
      ...{ fence: ctx.fence },
    }));
    expect(seen).toEqual({
      ...{ type: 'Placed', id: 'e-1', aggregateId: 'a-1', aggregateType: 'Order', version: 3 },
      ...{ at: '2025-01-02T03:04:05.000Z', correlationId: 'c-1', causationId: 'k-1', tenantId: 't-1', actorId: 'Zoë' },
      ...{ offset: 0n, topic: 'orders.stream', partition: 0, timestamp: 1_700_000_000_000 },
      ...{ replay: true, count: 2, group: 'billing', attempt: 1, max: 3 },
      fence: { topic: 'orders.stream', partition: 0, epoch: 0 },
    });
  });

  test('missing ones are undefined', async () => {
    const { seen } = await see({}, (event, ctx) => [event.id, event.aggregateVersion, event.occurredAt, ctx.isReplay]);
    expect(seen).toEqual([undefined, undefined, undefined, false]);
  });
});

describe('types', () => {
  test('the first header of that name decides; none at all is the empty type, for "*" handlers', async () => {
    const headers: RawHeader[] = [['event_type', bytes('Other')]];
    expect((await see({ headers }, (event) => event.type)).seen).toBe('Placed');
    expect((await see({ type: null }, (event) => event.type)).seen).toBe('');
    const thread = new ThreadUnderTest([{ Placed: () => {} }]);
    thread.give([{ type: null }, { type: 'Unknown' }]);
    await thread.settle();
    expect(thread.exhausted).toMatchObject([{ reason: 'unknown_type', hold: false, place: { offset: 0, type: null } }]);
    void thread.runner.end();
    expect(thread.of('tally')).toMatchObject([{ tally: { skipped: 1 } }]);
  });

  test('a type that is not UTF-8 is dead-lettered', async () => {
    const headers: RawHeader[] = [['event_type', Buffer.from([0xff])]];
    const { thread, seen } = await see({ type: null, headers }, (event) => event.type);
    expect(seen).toBeUndefined();
    expect(thread.exhausted).toMatchObject([{ reason: 'deserialization_error', place: { type: null } }]);
  });

  test('within a module an own function goes before "*"; events: narrows', async () => {
    const calls: string[] = [];
    const thread = new ThreadUnderTest(
      [
        { Placed: () => calls.push('own'), '*': (event: Event) => calls.push(`rest:${event.type}`) },
        { '*': (event: Event) => calls.push(`narrow:${event.type}`) },
      ],
      { events: [null, ['Shipped']] },
    );
    thread.give([{ type: 'Placed' }, { type: 'Shipped' }, { type: 'Placed' }]);
    await thread.settle();
    expect(calls).toEqual(['own', 'rest:Shipped', 'narrow:Shipped', 'own']);
  });
});

test('log lines carry the place, and anything may be logged', async () => {
  const { thread } = await see({ key: 'k' }, (_, ctx) =>
    ctx.log.warn('hm', { error: new TypeError('x'), fn: () => {}, n: 1n }),
  );
  expect(thread.of('log')).toMatchObject([
    {
      line: {
        level: 'warn',
        message: 'hm',
        fields: { topic: 'orders.stream', partition: 0, offset: 0, key: 'k', type: 'Placed', attempt: 1, n: '1' },
      },
    },
  ]);
});

test('a handler may log after its record is finished, when the key is gone with the bytes', async () => {
  const { seen, thread } = await see({ key: 'k' }, (_, ctx) => ctx);
  seen?.log.info('late');
  expect(thread.of('log')).toMatchObject([{ line: { message: 'late', fields: { offset: 0, key: null } } }]);
});

test('the deadline is a time of the wall clock', async () => {
  const { seen, thread } = await see({}, (_, ctx) => ctx.deadline.getTime());
  expect(seen).toBe(thread.clock.wallTime() + 60_000);
});
