// A repeat with the same key writes nothing and gets the first answer, whatever has happened meanwhile (S-37).
import { expect, test } from 'vitest';
import { KafkaError } from '../../../runtime/core/errors.ts';
import { IdempotencyKeys } from '../../../runtime/gateway/idempotency-keys.ts';
import { gatewayLimits } from '../../../runtime/gateway/limits.ts';
import type { WriteResult } from '../../../runtime/gateway/outcome.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { until } from '../../../runtime/testing/until.ts';
import { order, orders, send, testGateway } from './support.ts';

const key = { 'idempotency-key': 'k-1' };
const place = { topic: 'orders.stream', partition: 2, offset: 41 };
const unsent: WriteResult = {
  kind: 'failed',
  error: new KafkaError('RT_KAFKA_TIMEOUT', 'never sent', { retryable: true }),
};

test('S-37: a repeat gets the first answer, and says that it is one', async () => {
  const { post, records } = await testGateway();
  const first = await post(order, { ...key, 'x-correlation-id': 'a' });
  const again = await post(order, { ...key, 'x-correlation-id': 'b' });
  expect(again.status).toBe(202);
  expect(again.body).toEqual(first.body);
  expect([first, again].map(({ headers }) => headers['idempotent-replayed'])).toEqual([undefined, 'true']);
  expect(records).toHaveLength(1);
});

test('S-37: repeats wait for a first request that is under way', async () => {
  const first = Promise.withResolvers<WriteResult>();
  const { post, records } = await testGateway({ write: () => first.promise });
  const answers = [post(order, key), post(order, key), post(order, key)];
  await until(() => records.length > 0);
  first.resolve({ kind: 'written', place });
  const bodies = (await Promise.all(answers)).map(({ body }) => body);
  expect(bodies).toEqual(Array(3).fill({ id: 'id-1', ...place, offset: '41' }));
  expect(records).toHaveLength(1);
});

test.each([
  ['body', { ...order, total: 6 }, {}],
  ['key of the event', order, { 'x-customer': 'c-2' }],
])('S-37: the same key with another %s is answered 422', async (_what, body, headers) => {
  const { post, records } = await testGateway({ routes: [{ ...orders, key: { kind: 'header', name: 'x-customer' } }] });
  expect((await post(order, { ...key, 'x-customer': 'c-1' })).status).toBe(202);
  expect((await post(body, { ...key, 'x-customer': 'c-1', ...headers })).status).toBe(422);
  expect(records).toHaveLength(1);
});

test('two routes may use one key', async () => {
  const { post, port, records } = await testGateway({ routes: [orders, { ...orders, path: '/returns' }] });
  const headers = { ...key, 'content-type': 'application/json' };
  await post(order, key);
  expect((await send(port, 'POST', '/returns', JSON.stringify(order), headers)).status).toBe(202);
  expect(records).toHaveLength(2);
});

test('S-37: a failed request is not remembered', async () => {
  const results: WriteResult[] = [unsent, { kind: 'written', place }];
  const { post, records } = await testGateway({ write: async () => results.shift()! });
  expect((await post({}, key)).status).toBe(400);
  expect((await post(order, key)).status).toBe(503);
  expect((await post(order, key)).status).toBe(202);
  expect(records).toHaveLength(2);
});

test('S-37: 504 while it is not known whether the event was written; a repeat with the key learns it and writes nothing', async () => {
  const first = Promise.withResolvers<WriteResult>();
  const { post, records, clock } = await testGateway({ write: () => first.promise });
  const late = async (headers: Readonly<Record<string, string>>) => {
    const timers = clock.pending;
    const answer = post(order, headers);
    await until(() => clock.pending > timers);
    await clock.advance(gatewayLimits.answerWithinMs);
    return answer;
  };
  const unsure = await late(key);
  expect([unsure.status, unsure.headers['retry-after']]).toEqual([504, '1']);
  expect(unsure.body.error).toContain('the same request with the same key gets its answer');
  expect((await late(key)).status).toBe(504);
  first.resolve({ kind: 'written', place });
  const known = await post(order, key);
  expect([known.status, known.body.id]).toEqual([202, 'id-1']);
  expect(records).toHaveLength(1);
});

test.each(['', 'x'.repeat(256)])('a key of %j is answered 400', async (value) => {
  const { post } = await testGateway();
  expect((await post(order, { 'idempotency-key': value })).status).toBe(400);
});

test('without a header in the manifest keys are not looked at', async () => {
  const { post, records } = await testGateway({ idempotency: { header: null } });
  await post(order, key);
  await post(order, key);
  expect(records).toHaveLength(2);
});

const accepted = (id: string) => ({ kind: 'accepted', id, topic: 't', partition: 0, offset: '1' }) as const;

async function answered(keys: IdempotencyKeys, key: string): Promise<void> {
  const answer = Promise.resolve(accepted(key));
  keys.begin(key, 'f', answer);
  await answer;
}

test('S-37: answers are kept for the ttl, and no more than max of them', async () => {
  const clock = new ManualClock();
  const keys = new IdempotencyKeys({ ttlMs: 1_000, max: 3 }, clock);
  for (const name of ['a', 'b', 'c', 'd']) await answered(keys, name);
  expect(keys.size).toBe(3);
  expect(['a', 'b', 'd'].map((name) => keys.find(name, 'f').kind)).toEqual(['unknown', 'answered', 'answered']);
  await clock.advance(500);
  await answered(keys, 'e');
  await clock.advance(500);
  expect(['d', 'e'].map((name) => keys.find(name, 'f').kind)).toEqual(['unknown', 'answered']);
  expect(keys.size).toBe(1);
});

test('a key under way is not forgotten, however long that takes', async () => {
  const clock = new ManualClock();
  const keys = new IdempotencyKeys({ ttlMs: 1_000, max: 1 }, clock);
  keys.begin('slow', 'f', new Promise(() => {}));
  for (const name of ['a', 'b']) await answered(keys, name);
  await clock.advance(10_000);
  expect(keys.find('slow', 'f').kind).toBe('underWay');
  expect(keys.find('slow', 'other').kind).toBe('conflict');
});
