// Rows S-10, S-34.
import { expect, test } from 'vitest';
import { toRecord } from '../../../runtime/handler/envelope.ts';
import type { OutboundEvent } from '../../../runtime/handler/outbound-event.ts';

const now = Date.UTC(2025, 0, 2, 3, 4, 5);
const none = { id: undefined, correlationId: undefined };

function write(event: OutboundEvent, cause = none as { id: string | undefined; correlationId: string | undefined }) {
  let ids = 0;
  const record = toRecord(event, cause, now, () => `uuid-${++ids}`);
  return {
    topic: record.topic,
    key: record.key && Buffer.from(record.key).toString(),
    value: record.value && Buffer.from(record.value).toString(),
    headers: record.headers.map(([name, value]) => `${name}: ${Buffer.from(value!).toString()}`),
  };
}

test('headers in the order of eventsource-py, the body with the envelope first', () => {
  const event = {
    topic: 'orders.stream',
    type: 'OrderPlaced',
    aggregateId: '11111111-1111-4111-8111-111111111111',
    aggregateType: 'Order',
    aggregateVersion: 3,
    tenantId: 't-1',
    actorId: 'Zoë',
    data: { customer_id: 'cust-1', total_amount: 100.5 },
  };
  expect(write(event, { id: 'cause-1', correlationId: 'corr-1' })).toEqual({
    topic: 'orders.stream',
    key: event.aggregateId,
    value:
      '{"event_id":"uuid-1","event_type":"OrderPlaced","event_version":1,"occurred_at":"2025-01-02T03:04:05Z",' +
      '"aggregate_id":"11111111-1111-4111-8111-111111111111","aggregate_type":"Order","aggregate_version":3,' +
      '"tenant_id":"t-1","actor_id":"Zoë","correlation_id":"corr-1","causation_id":"cause-1","metadata":{},' +
      '"customer_id":"cust-1","total_amount":100.5}',
    headers: [
      'event_id: uuid-1',
      'event_type: OrderPlaced',
      `aggregate_id: ${event.aggregateId}`,
      'aggregate_type: Order',
      'aggregate_version: 3',
      'occurred_at: 2025-01-02T03:04:05+00:00',
      'correlation_id: corr-1',
      'tenant_id: t-1',
      'causation_id: cause-1',
      'actor_id: Zoë',
    ],
  });
});

test('without a cause the correlation is fresh and there is no causation', () => {
  const { headers, key } = write({ topic: 't', type: 'A', data: {} });
  expect(key).toBeNull();
  expect(headers).toEqual([
    'event_id: uuid-1',
    'event_type: A',
    'aggregate_version: 1',
    'occurred_at: 2025-01-02T03:04:05+00:00',
    'correlation_id: uuid-2',
  ]);
});

test('milliseconds are written with six digits', () => {
  const { headers, value } = write({ topic: 't', type: 'A', data: {}, occurredAt: new Date(now + 120) });
  expect(headers).toContain('occurred_at: 2025-01-02T03:04:05.120000+00:00');
  expect(JSON.parse(value!).occurred_at).toBe('2025-01-02T03:04:05.120000Z');
});

test('the body of the handled event may be passed on: its envelope does not come along', () => {
  const data = { event_id: 'old', event_type: 'Old', metadata: { a: 1 }, event_version: 2, own: 1 };
  const body = JSON.parse(write({ topic: 't', type: 'A', id: 'new', aggregateId: 'x', data }).value!);
  expect(body).toMatchObject({ event_id: 'new', event_type: 'A', metadata: { a: 1 }, event_version: 2, own: 1 });
  expect(Object.keys(body).at(-1)).toBe('own');
});

test('key, tombstone and own headers', () => {
  const event = { topic: 't', type: 'A', aggregateId: 'a', data: null, key: 'k', headers: { region: 'eu' } };
  const { key, value, headers } = write(event);
  expect([key, value, headers.at(-1)]).toEqual(['k', null, 'region: eu']);
});

test.each<[string, Partial<Record<keyof OutboundEvent, unknown>>, RegExp]>([
  ['no topic', { topic: '' }, /topic: expected the name of a topic/],
  ['no type', { type: undefined }, /type: expected/],
  ['data is a list', { data: [] }, /data: expected an object/],
  ['data is text', { data: 'x' }, /data: expected an object/],
  ['version 0', { aggregateVersion: 0 }, /aggregateVersion: expected a whole number from 1/],
  ['a key that is no text', { key: 7 }, /key: expected a text, or null for no key, got number 7/],
  ['partition -1', { partition: -1 }, /partition: expected a whole number from 0/],
  ['half a partition', { partition: 0.5 }, /partition: expected a whole number from 0/],
  ['a time that is no Date', { timestamp: 5 }, /timestamp: expected a valid Date from 1970 on/],
  ['a time before 1970', { timestamp: new Date(-1) }, /timestamp: expected a valid Date from 1970 on/],
  ['a header that is a number', { headers: { a: 1 } }, /headers\.a: expected a text or bytes/],
  ['data that is no JSON', { data: { n: 1n } }, /data: cannot be written as JSON: .*BigInt/],
  ['no date', { occurredAt: new Date(Number.NaN) }, /occurredAt: expected a valid Date/],
])('%s is refused', (_, part, message) => {
  expect(() => write({ topic: 't', type: 'A', data: {}, ...part } as OutboundEvent)).toThrow(message);
});

test('partition and timestamp are those of the record', () => {
  const event = { topic: 't', type: 'A', data: {}, partition: 3, timestamp: new Date(1_700_000_000_000) };
  const record = toRecord(event, { id: undefined, correlationId: undefined }, now, () => 'id');
  expect(record).toMatchObject({ partition: 3, timestamp: 1_700_000_000_000 });
});
