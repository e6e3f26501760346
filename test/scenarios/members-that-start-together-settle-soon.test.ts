// Ten members that start within a second: the group is settled after three generations at most. The first one is formed
// by whoever came first, the second one by all, and in the third one everybody has what the first had to give up.
import { describe, expect, test } from 'vitest';
import { startBrokerThread } from '../../runtime/broker/start-broker.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { Target, targets } from '../peers/support/targets.ts';

const members = 10;
const partitions = 20;

const delayed = new Target('embedded broker with an initial delay', async () => {
  const broker = await startBrokerThread({ groups: { initialRebalanceDelayMs: 1_000 } });
  return { brokers: `${broker.address.host}:${broker.address.port}`, close: () => broker.close() };
});

for (const target of [delayed, ...(await targets())]) {
  describe(target.name, () => {
    target.use();

    test('ten members', { timeout: 120_000 }, async (t) => {
      const topic = await target.makeTopic('orders', partitions);
      target.owns(`${topic}.dlq`);
      const name = target.fresh('billing');
      // They hear of each other with their heartbeats: all have to be there when the first one asks.
      const group = {
        name,
        protocol: 'classic',
        topics: [topic],
        timeouts: { heartbeat: '5s', session: '30s' },
        dlq: { enabled: false },
      };
      const startedAt = performance.now();
      const all = await Promise.all(
        Array.from({ length: members }, () =>
          startTestRuntime(t, { brokers: target.addresses, joined: false, group, handler: () => {} }),
        ),
      );
      const startedWithinMs = performance.now() - startedAt;
      const owned = () => all.map((rt) => rt.count('partition.opened') - rt.count('partition.closed'));
      await all[0]!.until(() => owned().every((count) => count === partitions / members), 90_000);
      // Each generation that it is in is told to a member once, and one of them was there from the first on.
      const generations = all.map((rt) => rt.events('group.state').filter(({ state }) => state === 'joined').length);
      expect(Math.max(...generations), `started within ${startedWithinMs} ms`).toBeLessThanOrEqual(3);
    });
  });
}
