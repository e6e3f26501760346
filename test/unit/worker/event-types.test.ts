/** What becomes of a record by its type and its value (S-09, S-104, rows R6, R16, R17). */
import { expect, test } from 'vitest';
import type { EventSchema, SchemaSettings } from '../../../runtime/core/event-types.ts';
import { compileJsonSchema } from '../../../runtime/schemas/json-schema.ts';
import { SchemaError, type Shapes } from '../../../runtime/worker/event-shapes.ts';
import { ThreadUnderTest } from './thread-under-test.ts';

const placed: EventSchema = {
  type: 'Placed',
  file: '/placed.json',
  schema: { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] },
};
const shipped: EventSchema = { type: 'Shipped', file: '/shipped.json', schema: true };

function shapesOf(events: readonly EventSchema[], invalid: SchemaSettings['invalid']): Shapes {
  const checks = new Map(events.map(({ type, schema }) => [type, compileJsonSchema(schema)]));
  return {
    of(type) {
      const check = checks.get(type);
      if (check === undefined) return null;
      return (data) => {
        const fault = check(data);
        if (fault !== null) throw new SchemaError(fault, invalid);
        return data;
      };
    },
  };
}

/** A module that handles `Placed`, and what it saw. */
function scene(schemas: Partial<SchemaSettings>, more: object = {}) {
  const seen: string[] = [];
  const see = (event: { readonly type: string; readonly data: unknown }): void => {
    seen.push(`${event.type} ${JSON.stringify(event.data)}`);
  };
  const named = Object.fromEntries(Object.keys(more).map((type) => [type, see]));
  const shapes = shapesOf(schemas.events ?? [], schemas.invalid ?? 'dlq');
  const thread = new ThreadUnderTest([{ Placed: see, ...named }], { schemas, shapes });
  const outcome = async (record: Parameters<typeof thread.give>[0][number]) => {
    const set = thread.give([record]);
    await thread.settle();
    const [report] = thread.exhausted;
    if (report !== undefined)
      return `${report.hold ? 'held' : 'dead letter'}: ${report.reason}: ${report.error.message}`;
    if (set.answer === null) return 'unfinished';
    return seen.length > 0 ? `handled ${seen.join()}` : 'passed over';
  };
  return { thread, outcome };
}

const ok = { type: 'Placed', value: '{"total":3}' };
const events = [placed, shipped];

test.each<[string, Partial<SchemaSettings>, object, string | RegExp]>([
  ['a registered type', { events }, ok, 'handled Placed {"total":3}'],
  ['a type that is not registered', { events }, { ...ok, type: 'Paid' }, /^dead letter: unknown_type: .*"Paid"/],
  ['the same, to be passed over', { events, unknownType: 'skip' }, { ...ok, type: 'Paid' }, 'passed over'],
  ['the same, to be held', { events, unknownType: 'fail' }, { ...ok, type: 'Paid' }, /^held: unknown_type/],
  ['any type, where none is registered', {}, { ...ok, type: 'Paid' }, 'passed over'],
  ['a known type without handler', { events }, { ...ok, type: 'Shipped' }, 'passed over'],
  [
    'the same, as a dead letter',
    { events, unhandledType: 'dlq' },
    { ...ok, type: 'Shipped' },
    /^dead letter: unknown_type/,
  ],
  ['no type', { events }, { ...ok, type: null }, /^dead letter: unknown_type: .*schemas\.typeFrom/],
  ['no type, to be passed over', { missingType: 'skip' }, { ...ok, type: null }, 'passed over'],
  ['no type, to be held', { missingType: 'fail' }, { ...ok, type: null }, /^held: unknown_type/],
  [
    'a value that breaks its schema',
    { events },
    { ...ok, value: '{"total":"3"}' },
    /^dead letter: schema_error: .*total/,
  ],
  ['a scalar where an object belongs', { events }, { ...ok, value: '3' }, /^dead letter: schema_error/],
  ['the same, to be passed over', { events, invalid: 'skip' }, { ...ok, value: '3' }, 'passed over'],
  ['the same, to be held', { events, invalid: 'fail' }, { ...ok, value: '3' }, /^held: schema_error/],
  [
    'a value that is no JSON',
    { events, invalid: 'skip' },
    { ...ok, value: '{' },
    /^dead letter: deserialization_error/,
  ],
  ['a tombstone', { events }, { ...ok, value: null }, 'handled Placed null'],
])('%s', async (_what, schemas, record, expected) => {
  const { outcome } = scene(schemas);
  expect(await outcome(record)).toEqual(expected instanceof RegExp ? expect.stringMatching(expected) : expected);
});

test('an invalid value is never tried again, and its handler is not called', async () => {
  const { thread, outcome } = scene({ events });
  await outcome({ ...ok, value: '{}' });
  await thread.clock.advance(600_000);
  expect(thread.exhausted).toMatchObject([{ attempts: 1 }]);
  expect(thread.of('retrying')).toEqual([]);
});

test('without registered types, a "*" handler takes records without a type', async () => {
  expect(await scene({}, { '*': true }).outcome({ ...ok, type: null })).toBe('handled  {"total":3}');
  expect(await scene({ events }, { '*': true }).outcome({ ...ok, type: null })).toMatch(/^dead letter/);
});

test('a type may stand in another header, in the value, or be the topic', async () => {
  const header = { typeFrom: { kind: 'header', name: 'kind' } } as const;
  const kind = [['kind', Buffer.from('Placed')]] as const;
  expect(await scene(header).outcome({ type: 'Other', headers: kind, value: '1' })).toBe('handled Placed 1');
  const path = { typeFrom: { kind: 'path', path: ['meta', 'type'] } } as const;
  const value = '{"meta":{"type":"Placed"}}';
  expect(await scene(path).outcome({ type: 'Other', value })).toBe(`handled Placed ${value}`);
  expect(await scene(path).outcome({ type: 'Other', value: '{"meta":7}' })).toMatch(/^dead letter: unknown_type/);
  expect(await scene(path).outcome({ type: 'Other', value: '{' })).toMatch(/^dead letter: deserialization_error/);
  const topic = { typeFrom: { kind: 'topic' } } as const;
  expect(await scene(topic, { 'orders.stream': true }).outcome({ type: 'Other', value: '1' })).toBe(
    'handled orders.stream 1',
  );
});
