/**
 * A shop: orders come in over HTTP, three groups hand them on, and a projection shows what became of them.
 *
 *   POST /orders ─▶ OrderRequested ─▶ order ─▶ OrderPlaced ─▶ payment ─▶ PaymentReceived ─▶ shipping ─▶ OrderShipped
 *                                       └▶ OrderRejected        └▶ PaymentDeclined
 *   every event of shop.stream ─▶ statistics and audit log
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRuntime } from 'kafka-worker-runtime';
import { OrderStore } from '../../handlers/order-store.ts';
import { until } from '../example.ts';
import { closeStore } from './change-order.ts';

const folder = mkdtempSync(join(tmpdir(), 'shop-'));
process.env.ORDERS_DB = join(folder, 'orders.sqlite'); // for the handlers
const statistics = new OrderStore();

const manifests = ['orders.yaml', 'fulfilment.yaml'].map((file) => join(import.meta.dirname, file));
const env = { ...process.env, SHOP_PORT: '0' }; // any free one
const runtime = await createRuntime(manifests, { env, logs: false, http: false });
await runtime.start();

async function post(name: string, body: object): Promise<void> {
  const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${runtime.gatewayUrl}/orders`, request);
  await response.body?.cancel();
  if (response.status === 503) {
    // Kafka did not acknowledge in time, and nothing was written: whoever wants the order places it again.
    await sleep(Number(response.headers.get('retry-after')) * 1000);
    return post(name, body);
  }
  console.log(`POST /orders, ${name}: ${response.status}`);
}

const order = (total_amount: number) => ({ order_id: randomUUID(), customer_id: 'cust-123', total_amount });
const [small, other, large] = [order(99.99), order(49.5), order(5_000)];
await post('an order of 99.99', small);
await post('an order of 49.5', other);
await post('an order of 5000', large);
await post('an order without a total', { order_id: randomUUID(), customer_id: 'cust-123' });

const became = ({ order_id }: typeof small): readonly string[] => statistics.eventsOf(order_id);
await until(() => became(small).length === 3 && became(other).length === 3 && became(large).length === 2);
await post('the first one again', small);
await until(() => became(small).length === 4);

const { exitCode } = await runtime.stop();
for (const { order_id, total_amount } of [small, other, large]) {
  console.log(`order of ${total_amount}: ${statistics.eventsOf(order_id).join(', ')}`);
}
const { orders, revenue, shipped } = statistics.statistics();
console.log(`statistics: ${orders} orders placed, of ${revenue} in all, ${shipped} shipped`);
statistics.close();
await closeStore();
rmSync(folder, { recursive: true, force: true });
process.exitCode = exitCode;
