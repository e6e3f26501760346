// Every connection is reset again and again while records are worked on: the group stays together, every record is
// handled, each key in its order, and what was done is committed.
import { expect, test } from 'vitest';
import { createBroker } from '../../runtime/broker/broker.ts';
import { systemClock } from '../../runtime/core/clock.ts';
import { systemRandom } from '../../runtime/core/random.ts';
import { startFaultyNetwork, startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { joinsOf } from './support/membership.ts';
import { quick } from './support/quick.ts';

test('cuts under load lose nothing', async (t) => {
  const network = await startFaultyNetwork(() => broker.address);
  t.onTestFinished(() => network.close());
  const advertisedPort = network.address.port;
  const broker = await createBroker({ clock: systemClock, random: systemRandom, advertisedPort });
  t.onTestFinished(() => broker.close());
  const handled: string[] = [];
  const rt = await startTestRuntime(t, {
    brokers: [network.address],
    topics: { orders: { partitions: 2 } },
    group: { ...quick, name: 'billing', concurrency: { max: 64 }, timeouts: { ...quick.timeouts, session: '30s' } },
    handler: async (event) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      handled.push(`${event.key} ${event.offset}`);
    },
  });
  const joins = joinsOf(rt);
  for (let round = 0; round < 5; round++) {
    const records = Array.from({ length: 200 }, (_, nr): TestRecord => [`key ${nr % 20}`, { round, nr }]);
    await rt.publish('orders', records);
    await rt.until(() => handled.length > round * 200);
    network.cut();
    // Records flow again over new connections.
    await rt.until(() => handled.length === (round + 1) * 200);
  }
  const committed = async (partition: number) => Number((await rt.committed('billing', 'orders', partition)) ?? 0);
  await rt.until(async () => (await committed(0)) + (await committed(1)) === 1000);

  expect(new Set(handled).size).toBe(handled.length);
  for (const lines of Map.groupBy(handled, (line) => line.slice(0, line.lastIndexOf(' '))).values()) {
    const offsets = lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
  }
  expect(joinsOf(rt)).toBe(joins);
  expect(rt.count('kafka.connectionFailed')).toBeGreaterThan(0);
  expect(rt.count('group.failed')).toBe(0);
});
