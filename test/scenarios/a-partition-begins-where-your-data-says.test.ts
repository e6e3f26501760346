// With `offsets: ./module.ts` a partition begins at the position that lies beside the user's data. While nobody can say,
// it is not read, and the process is not ready.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createBroker } from '../../runtime/broker/broker.ts';
import { systemClock } from '../../runtime/core/clock.ts';
import { systemRandom } from '../../runtime/core/random.ts';
import type { Event, OffsetsModule } from '../../runtime/index.ts';
import { startTestRuntime, type TestContext } from '../../runtime/testing/index.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { savedOffsets } from '../fixtures/handlers/saved-offsets.ts';
import { quickInline } from './support/quick.ts';

const file = join(import.meta.dirname, '../fixtures/handlers/saved-offsets.ts');

async function start(t: TestContext, load: OffsetsModule['load'], joined = true) {
  (globalThis as unknown as Record<symbol, unknown>)[savedOffsets] = load;
  const seen: bigint[] = [];
  const broker = await createBroker({ clock: systemClock, random: systemRandom });
  t.onTestFinished(() => broker.close());
  const kafka = new TestKafka([broker.address]);
  t.onTestFinished(() => kafka.close());
  await kafka.createTopics({ orders: { partitions: 1 } });
  await kafka.publish('orders', [
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['d', 4],
  ]);
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    topics: { orders: { partitions: 1 } },
    group: { ...quickInline, name: 'billing', offsets: file, concurrency: { order: 'partition' } },
    handlers: { '*': (event: Event) => void seen.push(event.offset) },
    joined,
  });
  const finished = () => rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 4n);
  return { rt, seen, finished };
}

test('P-27: load() says where a partition begins, and Kafka hears of commits as ever', async (t) => {
  const asked: unknown[] = [];
  const { seen, finished } = await start(t, async (of) => {
    asked.push(of);
    return 2n;
  });
  await finished();
  expect(seen).toEqual([2n, 3n]);
  expect(asked).toEqual([{ group: 'billing', topic: 'orders', partition: 0 }]);
});

test('what load() knows nothing of begins as without it', async (t) => {
  const { seen, finished } = await start(t, () => null);
  await finished();
  expect(seen).toEqual([0n, 1n, 2n, 3n]);
});

test.each([
  ['throws', () => Promise.reject(new Error('the database is away')), /the database is away/],
  ['gives no offset', () => -1, /load\(\) gave -1; expected the next offset to read/],
])('while load() %s nothing is read, it is told, and the process is not ready', async (_, bad, message) => {
  let isBad = true;
  const { rt, seen, finished } = await start({ onTestFinished }, () => (isBad ? (bad() as Promise<number>) : 3), false);
  await rt.until(() => rt.count('position.failed') > 1);
  expect(rt.events('position.failed')[0]).toMatchObject({
    ...{ group: 'billing', topic: 'orders', partition: 0 },
    message: expect.stringMatching(message),
  });
  expect(rt.runtime.ready()).toBe(false);
  expect(rt.runtime.health().groups[0]!.lastError).toMatch(message);
  expect(seen).toEqual([]);
  isBad = false;
  await finished();
  expect(seen).toEqual([3n]);
  expect(rt.runtime.ready()).toBe(true);
});
