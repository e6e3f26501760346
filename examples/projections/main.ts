/**
 * Demo 4: what has happened becomes something that can be asked. One order is placed and shipped; the statistics and the
 * audit log are in one SQLite file, written by handler threads, and read here.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublisher, createRuntime } from 'kafka-worker-runtime';
import { OrderStore } from '../../handlers/order-store.ts';
import { environmentOf, handled, quiet, until } from '../example.ts';

const folder = mkdtempSync(join(tmpdir(), 'projections-'));
process.env.ORDERS_DB = join(folder, 'orders.sqlite'); // for the handlers

const manifest = join(import.meta.dirname, 'manifest.yaml');
const runtime = await createRuntime(manifest, quiet);
await runtime.start();

const publisher = await createPublisher(manifest, { env: await environmentOf(runtime) });
const order = { topic: 'demo4.stream', aggregateType: 'Order', aggregateId: randomUUID() };
await publisher.publish([
  { ...order, type: 'OrderPlaced', aggregateVersion: 1, data: { customer_id: 'cust-123', total_amount: 499.99 } },
  { ...order, type: 'OrderShipped', aggregateVersion: 2, data: { tracking_number: 'TRACK-456' } },
]);
await publisher.close();
await until(() => handled(runtime, 'demo-projections') === 2);
const { exitCode } = await runtime.stop();

const store = new OrderStore();
const { orders, revenue, shipped } = store.statistics();
console.log(`statistics: ${orders} order, revenue ${revenue}, ${shipped} shipped`);
console.log(`audit log: ${store.auditEntries()} entries`);
store.close();
rmSync(folder, { recursive: true, force: true });
process.exitCode = exitCode;
