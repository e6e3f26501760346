// Ten members that start at once share the partitions evenly, each gives up no partition more often than others came, and
// what they read meanwhile is handled once.
import { describe, expect, test } from 'vitest';
import { startTestRuntime, type TestRecord, type TestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';

const members = 10;
const partitions = 20;
const keys = 200;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('ten members', { timeout: 120_000 }, async (t) => {
      const topic = await target.makeTopic('orders', partitions);
      const name = target.fresh('billing');
      const handled: string[] = [];
      const timeouts = { heartbeat: '300ms', session: '10s', rebalance: '10s' };
      const options = {
        brokers: target.addresses,
        joined: false,
        group: { name, topics: [topic], protocol: 'consumer', timeouts, dlq: { enabled: false } },
        handler: (event: { readonly key: string | null }) => void handled.push(event.key!),
      };
      const all = await Promise.all(Array.from({ length: members }, () => startTestRuntime(t, options)));
      const publish = (round: number): Promise<void> =>
        all[0]!.publish(
          topic,
          Array.from({ length: keys }, (_, key): TestRecord => [`${round} ${key}`, {}]),
        );
      await publish(0);
      const owned = (rt: TestRuntime): number => rt.count('partition.opened') - rt.count('partition.closed');
      await all[0]!.until(() => all.every((rt) => owned(rt) === partitions / members), 90_000);
      await publish(1);
      await all[0]!.until(() => handled.length >= 2 * keys);
      for (const rt of all) expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
      expect(new Set(handled).size).toBe(2 * keys);
      expect(handled).toHaveLength(2 * keys);
      // What moves, moves to somebody who has less: never more often than members came.
      const moves = Map.groupBy(
        all.flatMap((rt) => rt.events('partition.opened')),
        ({ partition }) => partition,
      );
      expect(Math.max(...[...moves.values()].map(({ length }) => length))).toBeLessThanOrEqual(members);
    });
  });
}
