import { expect, test } from 'vitest';
import type { Event } from '../../../runtime/handler/event.ts';
import { SchemaError, type Shapes } from '../../../runtime/worker/event-shapes.ts';
import { type TestRecord, ThreadUnderTest } from './thread-under-test.ts';

const source = { connector: 'postgresql', db: 'shop', schema: 'public', table: 'orders', lsn: 24_023_128 };
const row = { id: 1001, total: 30 };
const create = { before: null, after: row, source, op: 'c', ts_ms: 1_700_000_000_000 };

interface Seen {
  readonly handler: string;
  readonly type: string;
  readonly key: string | null;
  readonly data: unknown;
  readonly tombstone: boolean;
}

/** What handlers of these types see of one record. */
async function see(record: TestRecord, types: readonly string[], options: { shapes?: Shapes; invalid?: 'skip' } = {}) {
  const seen: Seen[] = [];
  const handlers = types.map((handler) => {
    const handle = ({ type, key, data, tombstone }: Event): void =>
      void seen.push({ handler, type, key, data, tombstone });
    return [handler, handle] as const;
  });
  const { shapes, ...schemas } = options;
  const thread = new ThreadUnderTest([Object.fromEntries(handlers)], {
    schemas: { format: 'debezium', ...schemas },
    ...(shapes && { shapes }),
  });
  const set = thread.give([{ type: null, ...record }]);
  await thread.settle();
  return { seen, thread, set };
}

test.each([
  ['c', create],
  ['u', { ...create, op: 'u', before: { id: 1001, total: 20 } }],
  ['d', { ...create, op: 'd', before: row, after: null }],
  ['r', { ...create, op: 'r' }],
])('S-110: op %s is an event of its own, with and without the schema beside it', async (op, change) => {
  for (const value of [change, { schema: { type: 'struct' }, payload: change }]) {
    const { seen } = await see({ value: JSON.stringify(value) }, [`orders.${op}`, '*']);
    expect(seen).toMatchObject([{ handler: `orders.${op}`, type: `orders.${op}`, data: change, tombstone: false }]);
  }
});

test('without a table in the source, the last part of the topic names the events', async () => {
  const { source: _, ...bare } = create; // the topic is orders.stream
  const { seen } = await see({ value: JSON.stringify(bare) }, ['stream.c']);
  expect(seen).toHaveLength(1);
  const mongo = { ...create, source: { connector: 'mongodb', collection: 'carts' } };
  expect((await see({ value: JSON.stringify(mongo) }, ['carts.c'])).seen).toHaveLength(1);
});

test('a key is seen without its schema', async () => {
  const value = JSON.stringify(create);
  const key = async (text: string) => (await see({ key: text, value }, ['*'])).seen[0]?.key;
  expect(await key('{"schema":{"type":"struct"},"payload":{"id":1001}}')).toBe('{"id":1001}');
  expect(await key('{"id":1001}')).toBe('{"id":1001}');
  expect(await key('plain')).toBe('plain');
  expect(await key('{broken')).toBe('{broken');
});

test('P-31: a tombstone is passed over, also by a handler of all types', async () => {
  const { seen, set, thread } = await see({ key: '{"id":1001}', value: null }, ['orders.d', '*']);
  expect(seen).toEqual([]);
  expect(set.answer?.kind).toBe('done');
  expect(thread.exhausted).toEqual([]);
});

test('P-31: a tombstone reaches the handler that asks for it, without data, and no schema is held against it', async () => {
  const shapes: Shapes = {
    of: () => () => {
      throw new SchemaError('looked at', 'dlq');
    },
  };
  const { seen } = await see({ key: '{"id":1001}', value: null }, ['stream.tombstone', '*'], { shapes });
  expect(seen).toEqual([
    { handler: 'stream.tombstone', type: 'stream.tombstone', key: '{"id":1001}', data: null, tombstone: true },
  ]);
});

test('P-31: the dead letter of a tombstone is a tombstone', async () => {
  const fails = () => {
    throw Object.assign(new Error('no'), { name: 'NonRetryableError' });
  };
  const thread = new ThreadUnderTest([{ 'stream.tombstone': fails }], { schemas: { format: 'debezium' } });
  thread.give([{ type: null, key: '{"id":1}', value: null }]);
  await thread.settle();
  expect(thread.exhausted).toMatchObject([{ reason: 'handler_error', record: { value: null } }]);
});

test.each([
  ['flattened', row, /has no op.*ExtractNewRecordState/],
  ['an unknown op', { ...create, op: 'x' }, /op is "x"; want c, u, d, r, t or m/],
  ['no row after a create', { ...create, after: null }, /after is missing with op c/],
  ['a row that is none', { ...create, before: [1] }, /before is a list/],
  ['a list', [create], /the payload is a list/],
  ['an empty payload', { schema: null, payload: null }, /the payload is missing/],
])('what is no change event is a dead letter that says why: %s', async (_, value, message) => {
  const { seen, thread } = await see({ value: JSON.stringify(value) }, ['*']);
  expect(seen).toEqual([]);
  expect(thread.exhausted).toMatchObject([{ reason: 'schema_error', attempts: 1 }]);
  expect(thread.exhausted[0]!.error.message).toMatch(message);
});

test('schemas.invalid says what becomes of it; what is no JSON at all stays a deserialization_error', async () => {
  const skipped = await see({ value: '{}' }, ['*'], { invalid: 'skip' });
  expect(skipped.set.answer?.kind).toBe('done');
  expect(skipped.thread.exhausted).toEqual([]);
  const { thread } = await see({ value: 'hello' }, ['*']);
  expect(thread.exhausted).toMatchObject([{ reason: 'deserialization_error' }]);
});

test('a schema and an upcast are given the payload', async () => {
  const shapes: Shapes = { of: (type) => (data) => ({ type, ...(data as object) }) };
  const value = JSON.stringify({ schema: {}, payload: create });
  const { seen } = await see({ value }, ['orders.c'], { shapes });
  expect(seen[0]?.data).toEqual({ type: 'orders.c', ...create });
});
