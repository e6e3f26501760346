/** Demo 1: an order is placed and shipped, and a handler hears of both, in that order. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createPublisher, createRuntime } from 'kafka-worker-runtime';
import { environmentOf, handled, quiet, until } from '../example.ts';

const manifest = join(import.meta.dirname, 'manifest.yaml');
const runtime = await createRuntime(manifest, quiet);
await runtime.start(); // the group has joined

console.log('publishing OrderPlaced and OrderShipped of one order');
const publisher = await createPublisher(manifest, { env: await environmentOf(runtime) });
const order = { topic: 'demo1.stream', aggregateType: 'Order', aggregateId: randomUUID() };
await publisher.publish([
  { ...order, type: 'OrderPlaced', aggregateVersion: 1, data: { customer_id: 'cust-123', total_amount: 99.99 } },
  { ...order, type: 'OrderShipped', aggregateVersion: 2, data: { tracking_number: 'TRACK-456' } },
]);
await publisher.close();

await until(() => handled(runtime, 'demo-consumers') === 2);
const { exitCode } = await runtime.stop(); // what is handled is committed
console.log('both are handled');
process.exitCode = exitCode;
