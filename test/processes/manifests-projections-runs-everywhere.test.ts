// manifests/projections.yaml as it stands: without any setting on the embedded broker, and on Apache Kafka with
// KAFKA_BROKERS. An order that is placed and shipped is one order, its revenue, one shipped, two audit entries (S-15).
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OrderStore } from '../../handlers/order-store.ts';
import { toRecord } from '../../runtime/handler/envelope.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { startKafka } from '../../scripts/real/kafka.ts';
import { realKafka } from '../real/support/real-kafka.ts';
import { RuntimeProcess, spawnRuntime } from './support/runtime-process.ts';

const manifest = join(import.meta.dirname, '..', '..', 'manifests', 'projections.yaml');

test('on the embedded broker, without any setting', { timeout: 120_000 }, async () => {
  const { runtime, store } = start({});
  const embedded = await runtime.says(/using the embedded broker at (\S+?),/);
  await shipOneOrder(embedded[1]!);
  await sees(runtime, store);
});

const kafka = await realKafka();
describe.skipIf(kafka.missing)('on Apache Kafka', () => {
  // One of its own: the manifest's topic and group have names that others may use as well.
  test('with KAFKA_BROKERS', { timeout: 240_000 }, async () => {
    const own = await startKafka();
    onTestFinished(() => own.stop());
    const { runtime, store } = start({ KAFKA_BROKERS: own.brokers });
    await runtime.joined();
    await shipOneOrder(own.brokers);
    await sees(runtime, store);
  });
});

function start(environment: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'projections-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'orders.sqlite');
  // The operators' port may be taken on this machine; it is the one thing that is said beside the manifest.
  const anyPort = join(folder, 'any-port.yaml');
  writeFileSync(anyPort, 'observability: { http: { port: 0 } }\n');
  const child = spawnRuntime(['start', manifest, anyPort], { ORDERS_DB: file, ...environment });
  const runtime = new RuntimeProcess(child);
  const store = new OrderStore(file);
  onTestFinished(() => store.close());
  return { runtime, store };
}

async function sees(runtime: RuntimeProcess, store: OrderStore): Promise<void> {
  await runtime.until(() => store.statistics().shipped === 1 && store.auditEntries() === 2);
  expect(store.statistics()).toEqual({ orders: 1, revenue: 499.99, shipped: 1 });
  runtime.signal('SIGTERM');
  expect((await runtime.exit()).code).toBe(0);
}

async function shipOneOrder(brokers: string): Promise<void> {
  const [host, port] = brokers.split(':') as [string, string];
  const kafka = new TestKafka([{ host, port: Number(port) }]);
  onTestFinished(() => kafka.close());
  const topic = 'orders.stream';
  const order = { topic, aggregateId: '11111111-1111-4111-8111-111111111111', aggregateType: 'Order' };
  const events = [
    { ...order, type: 'OrderPlaced', data: { customer_id: 'cust-123', total_amount: 499.99 } },
    { ...order, type: 'OrderShipped', aggregateVersion: 2, data: { tracking_number: 'TRACK-456' } },
  ];
  await kafka.createTopics({ [topic]: { partitions: 3 } });
  const cause = { id: undefined, correlationId: undefined };
  await kafka.publish(
    topic,
    events.map((event) => toRecord(event, cause, Date.now(), randomUUID)),
  );
}
