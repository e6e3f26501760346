// From a request to a record, and from what became of the record to the answer (S-37).
import { expect, test } from 'vitest';
import { KafkaError, PublishError } from '../../../runtime/core/errors.ts';
import type { RequestSource } from '../../../runtime/core/gateway-settings.ts';
import type { OutboundRecord } from '../../../runtime/core/thread-messages.ts';
import type { WriteResult } from '../../../runtime/gateway/outcome.ts';
import { until } from '../../../runtime/testing/until.ts';
import { order, orders, send, testGateway } from './support.ts';

const header = (name: string): RequestSource => ({ kind: 'header', name });
const headersOf = ({ headers }: OutboundRecord): Record<string, string> =>
  Object.fromEntries(headers.map(([name, value]) => [name, Buffer.from(value!).toString()]));

test('S-37: an acknowledged event is answered 202 with its id and its place', async () => {
  const { post, records } = await testGateway();
  const { status, body } = await post(order, { 'x-correlation-id': 'corr-1' });
  expect({ status, body }).toEqual({
    status: 202,
    body: { id: 'id-1', topic: 'orders.stream', partition: 1, offset: '0' },
  });
  const [record] = records;
  expect(record!.key?.toString()).toBe('c-1');
  expect(JSON.parse(record!.value!.toString())).toMatchObject({ ...order, event_type: 'OrderPlaced' });
  expect(headersOf(record!)).toMatchObject({ event_id: 'id-1', event_type: 'OrderPlaced', correlation_id: 'corr-1' });
});

test('what a header says about tenant and actor counts only where the route says so', async () => {
  const ids = { 'x-tenant': 't-1', 'x-actor': 'Zo\u00c3\u00ab' }; // UTF-8, as latin1
  const trusting = { ...orders, key: null, aggregateId: header('x-order'), tenant: header('x-tenant') };
  const routes = [orders, { ...trusting, path: '/trusted', aggregateType: 'Order', actor: header('x-actor') }];
  const { port, records, post } = await testGateway({ routes });
  const forged = { ...order, tenant_id: 'forged', actor_id: 'forged', event_id: 'forged' };
  await post(forged, ids);
  const more = { ...ids, 'content-type': 'application/json', 'x-order': 'o-1' };
  await send(port, 'POST', '/trusted', JSON.stringify(forged), more);
  const [untrusted, trusted] = records.map((record) => JSON.parse(record.value!.toString()));
  expect(untrusted).toMatchObject({ tenant_id: null, actor_id: null, event_id: 'id-1' });
  expect(trusted).toMatchObject({ tenant_id: 't-1', actor_id: 'Zoë', aggregate_id: 'o-1', aggregate_type: 'Order' });
  expect(records[1]!.key?.toString()).toBe('o-1');
});

test.each([
  [{ customer: { id: 7 } }, '7'],
  [{ customer: { id: 'ü' } }, 'ü'],
])('the key of %j is %s', async (body, key) => {
  const { post, records } = await testGateway();
  expect((await post(body)).status).toBe(202);
  expect(records[0]!.key?.toString()).toBe(key);
});

test.each([{}, { customer: {} }, { customer: { id: '' } }, { customer: { id: null } }, { customer: { id: [1] } }])(
  'S-37: a body without the key of its route is answered 400: %j',
  async (body) => {
    const { post, records } = await testGateway();
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([expect.stringContaining('$.customer.id: want a text')]);
    expect(records).toEqual([]);
  },
);

const schema = {
  type: 'object',
  required: ['total', 'event_id'],
  properties: { total: { type: 'number', minimum: 0 }, note: { type: 'string' } },
};
const checked = { ...orders, schema: { type: 'OrderPlaced', file: '/s.json', schema } };

test('S-37: a body that breaks its schema is answered 400 with each of its mistakes', async () => {
  const { post, records } = await testGateway({ routes: [checked] });
  const { status, body } = await post({ ...order, total: -1, note: 5 });
  expect({ status, body }).toEqual({
    status: 400,
    body: { error: 'the body is no OrderPlaced', errors: ['/total must be >= 0', '/note must be string'] },
  });
  expect((await post(order)).status).toBe(202);
  expect(records).toHaveLength(1);
});

test('of a large body only the first mistake is told', async () => {
  const many = {
    ...checked,
    schema: { ...checked.schema, schema: { items: {}, additionalProperties: { type: 'string' } } },
  };
  const { post } = await testGateway({ routes: [many], maxBodyBytes: 1_000_000 });
  const small = await post({ ...order, ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, i])) });
  expect(small.body.errors).toHaveLength(20);
  const large = await post({ ...order, text: 'x'.repeat(70_000), one: 1 });
  expect(large.body.errors).toHaveLength(1);
});

test.each([
  ['GET', '/orders', 405],
  ['DELETE', '/orders', 405],
  ['PUT', '/orders', 405],
  ['POST', '/orders/', 404],
  ['POST', '/ORDERS', 404],
  ['POST', '/orders/../orders', 404],
  ['POST', '//', 404],
  ['GET', '/metrics', 404],
])('S-37: %s %s is answered %i', async (method, path, status) => {
  const { port, answered } = await testGateway();
  const answer = await send(port, method, path);
  expect(answer.status).toBe(status);
  expect(answer.headers.allow).toBe(status === 405 ? 'POST' : undefined);
  await until(() => answered.length === 1);
  expect(answered).toMatchObject([{ route: 'none', status }]);
});

const refusal = (code: number, name: string) =>
  new KafkaError('RT_KAFKA_REFUSED', `10.0.0.1 says ${name}`, { retryable: false, kafkaError: { code, name } });

test.each([
  [429, '1', new PublishError('RT_PUBLISH_BUFFER_FULL', 'full', { retryable: true })],
  [503, '1', new KafkaError('RT_KAFKA_TIMEOUT', 'never sent', { retryable: true })],
  [504, '1', new KafkaError('RT_KAFKA_CONNECTION', 'closed', { retryable: false })],
  [413, undefined, refusal(10, 'MESSAGE_TOO_LARGE')],
  [502, undefined, refusal(29, 'TOPIC_AUTHORIZATION_FAILED')],
  [500, undefined, new PublishError('RT_PUBLISH_INVALID', '/home/x/partitioner.ts threw', { retryable: false })],
  [500, undefined, new Error('secret')],
])('S-37: %i with Retry-After %s for %s', async (status, retryAfter, error) => {
  const { post, answered } = await testGateway({ write: async () => ({ kind: 'failed', error }) });
  const answer = await post(order);
  expect(answer.status).toBe(status);
  expect(answer.headers['retry-after']).toBe(retryAfter);
  expect(JSON.stringify(answer.body)).not.toMatch(/home|secret|10\.0\.0\.1/);
  await until(() => answered.length === 1);
  expect(answered).toMatchObject([{ route: 'POST /orders', status }]);
});

test('S-37: while Kafka does not acknowledge, requests are answered 503 at once and nothing of them is written', async () => {
  const first = Promise.withResolvers<WriteResult>();
  const routes = [orders, { ...orders, path: '/other', topic: 'other' }];
  const { post, port, clock, records } = await testGateway({
    routes,
    write: ({ topic }) =>
      records.length === 1
        ? first.promise
        : Promise.resolve({ kind: 'written', place: { topic, partition: 0, offset: 9 } }),
  });
  const waiting = post(order);
  await until(() => records.length === 1);
  await clock.advance(1_900);
  expect((await post(order)).status).toBe(202);
  await clock.advance(200);
  const answer = await post(order);
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
  expect(records).toHaveLength(2);
  // Other topics have other leaders.
  const json = { 'content-type': 'application/json' };
  expect((await send(port, 'POST', '/other', JSON.stringify(order), json)).status).toBe(202);
  first.resolve({ kind: 'written', place: { topic: 'orders.stream', partition: 0, offset: 3 } });
  expect((await waiting).status).toBe(202);
  expect((await post(order)).status).toBe(202);
});

test('S-37: a drain answers what is under way, and everything else 503 with Connection: close', async () => {
  const first = Promise.withResolvers<WriteResult>();
  const { post, gateway, records } = await testGateway({ write: () => first.promise });
  const waiting = post(order);
  await until(() => records.length === 1);
  const drained = gateway.drain(60_000);
  const refusedOne = await post(order);
  expect([refusedOne.status, refusedOne.headers.connection, refusedOne.headers['retry-after']]).toEqual([
    503,
    'close',
    '1',
  ]);
  first.resolve({ kind: 'written', place: { topic: 'orders.stream', partition: 0, offset: 3 } });
  expect((await waiting).status).toBe(202);
  expect(await drained).toBe(true);
  expect(records).toHaveLength(1);
});

test('a drain ends with its budget, and says that something was left', async () => {
  const { post, gateway, records, clock } = await testGateway({ write: () => new Promise(() => {}) });
  const waiting = post(order);
  await until(() => records.length === 1);
  const drained = gateway.drain(5_000);
  await clock.advance(5_000);
  expect(await drained).toBe(false);
  await gateway.close();
  await expect(waiting).rejects.toThrow(/socket hang up|ECONNRESET/);
});
