// A rebalance that takes its time, because one member does not come, stops only what changes hands: records of the
// partitions that stay are handled and committed while the group is between two generations.
import { describe, expect, test } from 'vitest';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { Holdup } from '../support/holdup.ts';
import { scripted, told } from './support/calls.ts';
import { quick } from './support/quick.ts';

const partitions = 6;
const keys = 30;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('a slow rebalance', async (t) => {
      const topic = target.fresh('orders');
      target.owns(topic, `${topic}.dlq`);
      const name = target.fresh('billing');
      const rt = await startTestRuntime(t, {
        brokers: target.addresses,
        topics: { [topic]: { partitions } },
        group: { ...quick, protocol: 'classic', name, topics: [topic] },
        handlers: scripted,
      });
      const records = (): TestRecord[] => Array.from({ length: keys }, (_, key): TestRecord => [`key ${key}`, {}]);
      const handled = (): number => told(rt).filter(({ what }) => what === 'succeeded').length;
      await rt.publish(topic, records());
      await rt.until(() => handled() === keys);

      // It joins, and does not come back when the partitions that it is to get have been given up for it.
      await using other = new Holdup(target.addresses[0]!, name, topic);
      await other.join();
      const closed = (): readonly number[] => rt.events('partition.closed').map(({ partition }) => partition);
      await rt.until(() => closed().length === partitions / 2);
      await rt.until(async () => (await other.state()) === 'PreparingRebalance');

      const kept = Array.from({ length: partitions }, (_, p) => p).filter((p) => !closed().includes(p));
      await rt.publish(topic, records());
      const ends = Map.groupBy(await rt.read(topic), ({ partition }) => partition);
      await rt.until(async () => {
        const committed = await Promise.all(kept.map((p) => rt.committed(name, topic, p)));
        return kept.every((p, at) => committed[at] === BigInt(ends.get(p)?.length ?? 0));
      });
      expect(await other.state()).toBe('PreparingRebalance');
      const since = told(rt).slice(-1)[0]!;
      expect(kept).toContain(since.partition);

      await other.leave();
      await rt.until(() => handled() === 2 * keys);
      expect(told(rt).filter(({ what }) => what === 'began')).toHaveLength(2 * keys);
      // What stayed was opened once, and never closed.
      const opened = rt.events('partition.opened').filter(({ topic: of }) => of === topic);
      for (const p of kept) expect(opened.filter(({ partition }) => partition === p)).toHaveLength(1);
      expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
    });
  });
}
