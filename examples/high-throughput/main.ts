/**
 * Demo 3: 1,000 events in batches of 100, ten batches on their way at once, from the first publish until all are handled.
 * A taste, no benchmark: at this size most of the time is one fetch and the first compilation. `npm run bench` measures;
 * `npm run bench:demo3` runs this next to eventsource-py. EVENTS=20000 asks for more, AT_ONCE=1 for one batch at a time.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createPublisher, createRuntime, type OutboundEvent } from 'kafka-worker-runtime';
import { environmentOf, handled, quiet, until } from '../example.ts';

const total = Number(process.env.EVENTS ?? 1_000);
const batchSize = 100;
const atOnce = Number(process.env.AT_ONCE ?? 10);

const manifest = join(import.meta.dirname, 'manifest.yaml');
const runtime = await createRuntime(manifest, quiet);
await runtime.start();
const publisher = await createPublisher(manifest, { env: await environmentOf(runtime) });

const startedAt = performance.now();
for (let first = 0; first < total; first += batchSize * atOnce) {
  const batches = Array.from({ length: atOnce }, (_, n) => batchFrom(first + n * batchSize));
  await Promise.all(batches.map((batch) => publisher.publish(batch)));
}
const publishedAt = performance.now();
await until(() => handled(runtime, 'demo-consumers') === total);
const seconds = (performance.now() - startedAt) / 1000;

console.log(`published ${total} events in ${((publishedAt - startedAt) / 1000).toFixed(3)} s`);
console.log(`handled ${total} events in ${seconds.toFixed(3)} s: ${Math.round(total / seconds)} events per second`);
await publisher.close();
process.exitCode = (await runtime.stop()).exitCode;

function batchFrom(first: number): readonly OutboundEvent[] {
  return Array.from({ length: Math.min(batchSize, Math.max(0, total - first)) }, (_, n) => ({
    topic: 'demo3.stream',
    type: 'OrderPlaced',
    aggregateType: 'Order',
    aggregateId: randomUUID(),
    data: { customer_id: `cust-${first + n}`, total_amount: first + n + 1 },
  }));
}
