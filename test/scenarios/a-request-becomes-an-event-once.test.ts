// The gateway, its producer and a broker: what is answered 202 lies where the answer says, once, whatever happens to the
// broker meanwhile; and a stop loses nothing.
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { kafkaErrors } from '../../runtime/protocol/error-codes.ts';
import { startFaultyBroker } from '../../runtime/testing/faulty-broker.ts';
import { startTestRuntime, type TestContext, type TestRuntime } from '../../runtime/testing/index.ts';
import { until } from '../../runtime/testing/until.ts';
import { embedded } from './support/embedded.ts';
import { quickInline } from './support/quick.ts';

const gateway = { port: 0, routes: { 'POST /orders': { topic: 'orders', type: 'OrderPlaced', key: '$.customer' } } };

interface Answer {
  readonly status: number;
  readonly body: { readonly [key: string]: unknown };
}

/** Not `fetch`: its connections would look like something that the test left open. */
function post(rt: TestRuntime, body: object, key?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
  return new Promise((resolve, reject) => {
    const url = `${rt.runtime.gatewayUrl}/orders`;
    const sent = request(url, { method: 'POST', headers, agent: false }, (response) => {
      const { statusCode } = response;
      text(response).then((got) => resolve({ status: statusCode!, body: JSON.parse(got) }), reject);
    });
    sent.on('error', reject).end(JSON.stringify(body));
  });
}

function metricsOf(rt: TestRuntime): Promise<string> {
  return new Promise((resolve, reject) => {
    request(`${rt.runtime.httpUrl}/metrics`, { agent: false }, (response) => void text(response).then(resolve, reject))
      .on('error', reject)
      .end();
  });
}

async function routesOnly(t: TestContext, manifest: object = {}) {
  const broker = await embedded(t);
  const topics = { orders: { partitions: 1 } };
  const rt = await startTestRuntime(t, { brokers: [broker.address], topics, manifest: { gateway, ...manifest } });
  return { broker, rt };
}

const numbers = async (rt: TestRuntime): Promise<readonly number[]> =>
  (await rt.read('orders')).map(({ value }) => (JSON.parse(value!.toString()) as { readonly nr: number }).nr);

test('S-37: a request reaches the handler of a group in the same process', async (t) => {
  const seen: unknown[] = [];
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 3 } },
    group: { ...quickInline, name: 'billing', topics: ['orders'] },
    handler: ({ type, key, data, offset, partition }) => {
      seen.push({ type, key, nr: (data as { readonly nr: number }).nr, offset: String(offset), partition });
    },
    manifest: { gateway },
  });
  expect(rt.runtime.ready()).toBe(true);
  const { status, body } = await post(rt, { customer: 'c-1', nr: 1 });
  expect(status).toBe(202);
  await rt.until(() => seen.length === 1);
  const { offset, partition } = body;
  expect(seen).toEqual([{ type: 'OrderPlaced', key: 'c-1', nr: 1, offset, partition }]);
});

test('S-37: an answer of the broker that is lost costs neither the request nor a second event', async (t) => {
  const { broker, rt } = await routesOnly(t);
  broker.control.next('Produce', { kind: 'loseAnswer' }, { kind: 'loseAnswer' });
  expect(await post(rt, { customer: 'c', nr: 1 })).toMatchObject({ status: 202, body: { partition: 0, offset: '0' } });
  expect(await numbers(rt)).toEqual([1]);
});

test('S-37: while the broker is away requests are answered 503 or 504, and repeats write each event once', async (t) => {
  const { broker, rt } = await routesOnly(t);
  await post(rt, { customer: 'c', nr: 0 });
  await broker.stop();
  const held = [1, 2, 3].map((nr) => post(rt, { customer: 'c', nr }, `key ${nr}`));
  const probe = async () => (await post(rt, { customer: 'c', nr: 4 }, 'key 4')).status;
  await rt.until(async () => (await probe()) === 503);
  await broker.restart();
  const statuses = (await Promise.all(held)).map(({ status }) => status);
  expect(statuses.every((status) => [202, 503, 504].includes(status))).toBe(true);
  for (const nr of [1, 2, 3, 4]) {
    await rt.until(async () => (await post(rt, { customer: 'c', nr }, `key ${nr}`)).status === 202);
  }
  expect((await numbers(rt)).toSorted()).toEqual([0, 1, 2, 3, 4]);
});

test('S-37: a full buffer is answered 429 at once, not after producer.maxBlock', async (t) => {
  const producer = { bufferBytes: '64KiB', batchBytes: '4KiB' };
  const { broker, rt } = await routesOnly(t, { producer, gateway: { ...gateway, maxBody: '32KiB' } });
  await post(rt, { customer: 'c', nr: 0 });
  broker.control.next('Produce', { kind: 'delay', ms: 4_000 });
  const text = 'x'.repeat(20_000);
  const answers = await Promise.all([1, 2, 3, 4, 5].map((nr) => post(rt, { customer: 'c', nr, text })));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 202, 202, 429, 429]);
  expect(await numbers(rt)).toHaveLength(4);
});

test('S-37: a stop answers what is under way, then everybody is refused, and the end is clean', async (t) => {
  const { broker, rt } = await routesOnly(t);
  await post(rt, { customer: 'c', nr: 0 });
  const before = broker.control.served('Produce');
  broker.control.next('Produce', { kind: 'delay', ms: 4_000 });
  const held = post(rt, { customer: 'c', nr: 1 });
  await until(() => broker.control.served('Produce') > before);
  const end = rt.stop();
  expect(rt.runtime.ready()).toBe(false);
  expect((await post(rt, { customer: 'c', nr: 2 })).status).toBe(503);
  expect((await held).status).toBe(202);
  expect(await end).toEqual({ exitCode: 0, error: null });
  await expect(post(rt, { customer: 'c', nr: 3 })).rejects.toThrow('ECONNREFUSED');
});

test('S-37: what Kafka has not acknowledged within shutdown.timeout is not called done', async (t) => {
  const { broker, rt } = await routesOnly(t, { shutdown: { timeout: '200ms' } });
  await post(rt, { customer: 'c', nr: 0 });
  const before = broker.control.served('Produce');
  broker.control.next('Produce', { kind: 'delay', ms: 5_000 });
  const held = post(rt, { customer: 'c', nr: 1 }).catch(() => null);
  await until(() => broker.control.served('Produce') > before);
  expect((await rt.stop()).exitCode).toBe(4);
  await held;
});

test('no event that is logged has anything of a body or a header', async (t) => {
  const { broker, rt } = await routesOnly(t, { shutdown: { timeout: '200ms' } });
  const told: unknown[] = [];
  rt.runtime.events.listen((_name, event) => void told.push(event));
  const secret = { customer: 'hunter2-key', nr: 0, password: 'hunter2-body' };
  const invalidTopic = { kind: 'error', code: kafkaErrors.INVALID_TOPIC_EXCEPTION } as const;
  broker.control.next('Produce', invalidTopic);
  expect((await post(rt, secret, 'hunter2-header')).status).toBe(502);
  expect((await post(rt, { ...secret, customer: ['hunter2'] }, 'hunter2-header')).status).toBe(400);
  await broker.stop();
  const held = post(rt, secret, 'hunter2-header').catch(() => null);
  await rt.until(() => rt.count('kafka.connectionFailed') > 0);
  await rt.stop();
  await held;
  expect(rt.count('publish.failed')).toBeGreaterThan(0);
  expect(JSON.stringify(told)).not.toContain('hunter2');
});

test('a port that is taken ends the start with a sentence that helps', async (t) => {
  const { rt, broker } = await routesOnly(t);
  const port = Number(new URL(rt.runtime.gatewayUrl!).port);
  const manifest = { gateway: { ...gateway, port } };
  await expect(startTestRuntime(t, { brokers: [broker.address], manifest })).rejects.toMatchObject({
    code: 'RT_ENVIRONMENT',
    message: expect.stringContaining(`gateway: cannot listen on 127.0.0.1:${port}: the port is in use`),
  });
});

// Row B14.
test('a broker that is too old or too new ends a process of routes alone with exit code 2', async (t) => {
  const broker = await startFaultyBroker(() => {}, new Map());
  t.onTestFinished(() => broker.close());
  const rt = await startTestRuntime(t, { brokers: [broker.address], manifest: { gateway } });
  expect(await rt.runtime.done).toMatchObject({ exitCode: 2, error: { code: 'RT_KAFKA_UNSUPPORTED' } });
});

test('topics of routes are made where they are missing', async (t) => {
  const rt = await startTestRuntime(t, { manifest: { gateway } });
  await rt.until(async () => (await post(rt, { customer: 'c', nr: 1 })).status === 202);
});

test('H1: 500 slow clients do not hold up the groups of the process', async (t) => {
  let handled = 0;
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quickInline, name: 'billing', topics: ['orders'] },
    handler: () => void handled++,
    manifest: { gateway },
    http: true,
  });
  const port = Number(new URL(rt.runtime.gatewayUrl!).port);
  const slow = Array.from({ length: 500 }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  );
  t.onTestFinished(async () => {
    for (const socket of slow) socket.destroy();
  });
  for (const socket of slow) socket.write('POST /orders HTTP/1.1\r\nx: ');
  await rt.publish(
    'orders',
    Array.from({ length: 100 }, (_, nr) => [`key ${nr}`, { nr }]),
  );
  await rt.until(() => handled === 100);
  expect(await metricsOf(rt)).toContain('kafka_eventbus_messages_consumed_total');
  expect(slow.some(({ closed }) => !closed)).toBe(true);
  await rt.until(() => slow.every(({ closed }) => closed));
  expect(rt.count('group.failed')).toBe(0);
});
