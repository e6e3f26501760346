// What the repository shows to a newcomer works as shown: the example manifest, the demo, the code of the README.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRuntime, type Event, type Runtime } from 'kafka-worker-runtime';
import { expect, type TestContext, test } from 'vitest';
import { following } from '../examples/shop/events.ts';
import { Order } from '../examples/shop/order-aggregate.ts';
import { OrderStore } from '../handlers/order-store.ts';
import { toRecord } from '../runtime/handler/envelope.ts';
import type { OutboundEvent } from '../runtime/handler/outbound-event.ts';
import { until } from '../runtime/testing/until.ts';

const root = join(import.meta.dirname, '..');

const order = { topic: 'orders.stream', aggregateId: '11111111-1111-4111-8111-111111111111', aggregateType: 'Order' };
const placed = { ...order, type: 'OrderPlaced', data: { customer_id: 'cust-123', total_amount: 499.99 } };
const shipped = { ...order, type: 'OrderShipped', aggregateVersion: 2, data: { tracking_number: 'TRACK-456' } };

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'examples-'));
  t.onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** Handler threads get a copy of the environment when they start. */
function ordersDatabase(t: TestContext): string {
  const file = join(folder(t), 'orders.sqlite');
  process.env.ORDERS_DB = file;
  t.onTestFinished(() => void delete process.env.ORDERS_DB);
  return file;
}

async function started(t: TestContext, manifest: string, cwd: string): Promise<Runtime> {
  const runtime = await createRuntime(manifest, { cwd, env: {}, http: false, logs: false });
  t.onTestFinished(async () => void (await runtime.stop()));
  await runtime.start();
  return runtime;
}

async function publish(runtime: Runtime, events: readonly OutboundEvent[]): Promise<void> {
  const cause = { id: undefined, correlationId: undefined };
  const result = await runtime.publish(events.map((event) => toRecord(event, cause, Date.now(), randomUUID)));
  expect(result.kind).toBe('ok');
}

test('S-15: projections: one order placed and shipped is one order, its revenue, one shipped, two audit entries', async (t) => {
  const file = ordersDatabase(t);
  const runtime = await started(t, 'manifests/projections.yaml', root);
  const store = new OrderStore(file);
  t.onTestFinished(() => store.close());
  await publish(runtime, [placed, shipped]);
  const state = () => ({ health: runtime.health(), statistics: store.statistics() });
  await until(() => store.statistics().shipped === 1 && store.auditEntries() === 2, { state });
  expect(store.statistics()).toEqual({ orders: 1, revenue: 499.99, shipped: 1 });
  expect(await runtime.stop()).toEqual({ exitCode: 0, error: null });
});

test('projections: delivered a second time, the same events change nothing', async (t) => {
  const store = new OrderStore(join(folder(t), 'orders.sqlite'));
  t.onTestFinished(() => store.close());
  for (let delivery = 0; delivery < 2; delivery++) {
    store.place('order-1', 499.99);
    store.audit('event-1', 'OrderPlaced', 'order-1');
    expect(store.ship('order-1')).toBe(true);
    store.audit('event-2', 'OrderShipped', 'order-1');
  }
  expect(store.ship('never placed')).toBe(false);
  expect(store.statistics()).toEqual({ orders: 1, revenue: 499.99, shipped: 1 });
  expect(store.auditEntries()).toBe(2);
});

test('S-14: an order is placed once, and shipped once it is placed', () => {
  const order = new Order('order-1');
  expect(() => order.ship('TRACK-456')).toThrow('Order was never placed');
  order.place('cust-123', 499.99);
  expect(() => order.place('cust-123', 499.99)).toThrow('Order already placed');
  order.ship('TRACK-456');
  expect(() => order.ship('TRACK-456')).toThrow('Order already shipped');
  expect(order.unsaved.map(({ type }) => type)).toEqual(['OrderPlaced', 'OrderShipped']);
});

test('S-111: an event that follows from another one has the same id when its handler runs again', () => {
  const cause = (id: string) => ({ id }) as Event;
  const received = (id: string) => following(cause(id), 'order-1', 'PaymentReceived', { amount: 1 });
  expect(received('a')).toEqual(received('a'));
  expect(received('a').id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(received('b').id).not.toBe(received('a').id);
  expect(following(cause('a'), 'order-1', 'OrderRejected', { reason: '' }).id).not.toBe(received('a').id);
});

for (const name of readdirSync(join(root, 'manifests')).filter((file) => /\.ya?ml$/.test(file))) {
  test(`manifests/${name} starts and drains`, async (t) => {
    ordersDatabase(t);
    const runtime = await started(t, `manifests/${name}`, root);
    expect(runtime.ready()).toBe(true);
    expect((await runtime.stop()).exitCode).toBe(0);
  });
}

test('the demo shows handled, retried and dead-lettered records and ends with a summary', async (t) => {
  const demo = spawn(process.execPath, [join(root, 'scripts/demo/main.ts'), '--for', '4s', '--rate', '200'], {
    env: { ...process.env, KAFKA_BROKERS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.onTestFinished(() => void demo.kill('SIGKILL'));
  let out = '';
  demo.stdout.on('data', (data) => {
    out += data;
  });
  const [exitCode] = await once(demo, 'close');
  expect(exitCode).toBe(0);
  expect(out).toContain('drained: all that was finished is committed');
  const [handled, retried, deadLetters] = /^carrier +OrderPlaced +([\d,]+) +([\d,]+) +([\d,]+)$/m
    .exec(out)!
    .slice(1)
    .map((text) => Number(text.replaceAll(',', ''))) as [number, number, number];
  expect(handled).toBeGreaterThan(0);
  expect(retried).toBeGreaterThan(0);
  expect(deadLetters).toBeGreaterThan(0);
  expect(out).toMatch(/what the projection says: [\d,]+ orders, revenue [\d.]+, [\d,]+ shipped/);
});

test('the README: its handler and its manifest run together', async (t) => {
  const project = folder(t);
  const blocks = codeBlocks(readFileSync(join(root, 'README.md'), 'utf8'));
  write(join(project, 'handlers/orders.ts'), blocks.find(({ text }) => text.includes('defineHandlers<Events>'))!.text);
  write(join(project, 'orders.yaml'), blocks.find(({ language }) => language === 'yaml')!.text);
  write(join(project, 'package.json'), '{ "type": "module" }');
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/kafka-worker-runtime'));

  const runtime = await started(t, 'orders.yaml', project);
  const logged: unknown[] = [];
  const deadLettered: unknown[] = [];
  runtime.events.listen((name, event) => {
    if (name === 'handler.log') logged.push(event);
    if (name === 'record.deadLettered') deadLettered.push(event);
  });
  await publish(runtime, [placed, { ...placed, data: { ...placed.data, total_amount: -1 } }]);
  await until(() => logged.length === 1 && deadLettered.length === 1, { state: () => ({ logged, deadLettered }) });
  expect(logged).toMatchObject([{ group: 'orders', line: { message: 'order placed', fields: { total: 499.99 } } }]);
  expect(deadLettered).toMatchObject([{ deadLetterTopic: 'orders.stream.dlq', errorType: 'NonRetryableError' }]);
});

function codeBlocks(markdown: string): readonly { readonly language: string; readonly text: string }[] {
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
