/**
 * Demo 2: ten orders, two members of one group and one member of a second group. The two members share the orders between
 * them, and the second group gets all of them.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createPublisher, createRuntime } from 'kafka-worker-runtime';
import { environmentOf, handled, quiet, until } from '../example.ts';

const members = join(import.meta.dirname, 'members.yaml');
const audit = await createRuntime(join(import.meta.dirname, 'second-group.yaml'), quiet);
await audit.start();

// Here two runtimes in one program; in production `runtime start members.yaml` in two processes is the same.
const env = await environmentOf(audit);
const first = await createRuntime(members, { ...quiet, env });
const second = await createRuntime(members, { ...quiet, env });
await Promise.all([first.start(), second.start()]);
const partitionsOf = (runtime: typeof first): number => runtime.health().groups[0]!.partitions;
const shared = (): number => partitionsOf(first) + partitionsOf(second);
await until(() => partitionsOf(first) > 0 && partitionsOf(second) > 0 && shared() === partitionsOf(audit));
console.log('two members of demo-consumers have their partitions');

const publisher = await createPublisher(members, { env });
await publisher.publish(
  Array.from({ length: 10 }, (_, n) => ({
    topic: 'demo2.stream',
    type: 'OrderPlaced',
    aggregateType: 'Order',
    aggregateId: randomUUID(),
    data: { customer_id: `cust-${n + 1}`, total_amount: (n + 1) * 10 },
  })),
);
await publisher.close();
console.log('published 10 orders of 10 customers');

const counts = (): readonly number[] => [first, second].map((runtime) => handled(runtime, 'demo-consumers'));
const sum = (): number => counts().reduce((a, b) => a + b);
await until(() => sum() >= 10 && handled(audit, 'demo-audit') >= 10);
// A second delivery would come now: a stop finishes what is in flight, and commits.
const ends = [await first.stop(), await second.stop()];
const [one, other] = counts();
console.log(`demo-consumers: ${one} by the first member, ${other} by the second, ${sum()} in all`);
console.log(`demo-audit: ${handled(audit, 'demo-audit')}`);
ends.push(await audit.stop()); // last, since it may have brought the broker
process.exitCode = Math.max(...ends.map(({ exitCode }) => exitCode));
