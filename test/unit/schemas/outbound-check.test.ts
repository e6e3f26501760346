// Nothing is published that its readers would refuse: an event is held against the schema of its type before it is written.
import { expect, test } from 'vitest';
import { anyEvents, type SchemaSettings } from '../../../runtime/core/event-types.ts';
import { toRecord } from '../../../runtime/handler/envelope.ts';
import type { OutboundEvent } from '../../../runtime/index.ts';
import { loadOutboundCheck } from '../../../runtime/schemas/load-outbound-check.ts';
import { outboundCheck } from '../../../runtime/schemas/outbound-check.ts';

const placed = {
  type: 'object',
  required: ['total', 'aggregate_id'],
  properties: {
    total: { type: 'number', minimum: 0 },
    at: { type: 'string', format: 'date-time' },
    currency: { enum: ['EUR', 'USD'] },
    lines: { type: 'array', items: { properties: { 'a/b': { type: 'integer' } } } },
  },
};
const schemas: SchemaSettings = {
  ...anyEvents,
  events: [{ type: 'OrderPlaced', file: '/placed.json', schema: placed }],
};
const event = { topic: 'orders', type: 'OrderPlaced', aggregateId: 'o-1' };

function faultOf(outbound: Partial<OutboundEvent>, ...settings: readonly Partial<SchemaSettings>[]): string | null {
  const all = (settings.length === 0 ? [{}] : settings).map((part) => ({ ...schemas, ...part }));
  const record = toRecord(
    { ...event, data: {}, ...outbound },
    { id: undefined, correlationId: undefined },
    0,
    () => 'id',
  );
  try {
    outboundCheck(all)?.(record);
    return null;
  } catch (error) {
    expect(error).toMatchObject({ name: 'ValidationError', code: 'RT_PUBLISH_SCHEMA', retryable: false });
    return (error as Error).message;
  }
}

test.each([
  ['a missing field', {}, "/: must have required property 'total', found {"],
  ['a wrong type', { total: 'ten' }, '/total: must be number, found string "ten" (/placed.json)'],
  ['a value out of bounds', { total: -1 }, '/total: must be >= 0, found number -1'],
  [
    'a value that is not in the list',
    { total: 1, currency: 'CHF' },
    '/currency: must be equal to one of the allowed values: ["EUR","USD"], found string "CHF"',
  ],
  ['a place deep inside', { total: 1, lines: [{ 'a/b': 1 }, { 'a/b': 'x' }] }, '/lines/1/a~1b: must be integer, found'],
  ['a long value', { total: 'x'.repeat(500) }, `/total: must be number, found string "${'x'.repeat(79)}…`],
])('%s is told with type, path, what was expected and what was found', (_, data, message) => {
  expect(faultOf({ data })).toContain(`publish: the event is no OrderPlaced: ${message}`);
});

test('what is checked is what is written: the envelope, and a Date as the text that it becomes', () => {
  expect(faultOf({ data: { total: 1, at: new Date(0) } })).toBeNull();
  expect(faultOf({ data: { total: Number.NaN } })).toContain('/total: must be number, found object null');
  expect(faultOf({ data: { total: 1 }, aggregateId: undefined as never })).toContain("'aggregate_id'");
});

test('a tombstone has no value to check', () => {
  expect(faultOf({ data: null })).toBeNull();
});

test('a type that is not registered has no schema to break', () => {
  expect(faultOf({ type: 'Other', data: { total: 'ten' } })).toBeNull();
});

test('the type is looked for where its readers look', () => {
  const wrong = { data: { total: 'ten', kind: { name: 'OrderPlaced' } }, type: 'Anything', topic: 'OrderPlaced' };
  expect(faultOf(wrong)).toBeNull();
  expect(faultOf(wrong, { typeFrom: { kind: 'topic' } })).toContain('/total: must be number');
  expect(faultOf(wrong, { typeFrom: { kind: 'path', path: ['kind', 'name'] } })).toContain('/total: must be number');
  const header = { typeFrom: { kind: 'header', name: 'ce_type' } } as const;
  expect(faultOf({ ...wrong, headers: { ce_type: 'OrderPlaced' } }, header)).toContain('/total: must be number');
  expect(faultOf({ ...wrong, type: 'OrderPlaced' }, header)).toBeNull();
});

test('with several files an event must be right for all that know its type', () => {
  const other = { events: [{ type: 'Other', file: '/other.json', schema: { required: ['name'] } }] };
  expect(faultOf({ data: { total: 1 } }, {}, other)).toBeNull();
  expect(faultOf({ type: 'Other' }, {}, other)).toContain("is no Other: /: must have required property 'name'");
  expect(faultOf({ data: {} }, { events: [{ type: 'OrderPlaced', file: '/b', schema: true }] }, {})).toContain('total');
});

test('without registered types there is nothing to check, and no compiler is loaded', async () => {
  expect(await loadOutboundCheck([anyEvents])).toBeNull();
  expect(await loadOutboundCheck([])).toBeNull();
  expect(outboundCheck([anyEvents])).toBeNull();
});
