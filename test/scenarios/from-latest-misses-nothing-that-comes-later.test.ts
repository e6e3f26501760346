// `from: latest` is where a partition ended when its group first met it. What comes after that is handled, whoever owns
// the partition by then, also when nothing was handled before.
// Row S-38.
import { describe, expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { ended, scripted } from './support/calls.ts';
import { quick } from './support/quick.ts';

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    for (const protocol of ['classic', 'consumer']) {
      test(`what comes while a group of protocol ${protocol} is away is handled when it is back`, async (t) => {
        const topic = target.fresh('orders');
        target.owns(topic, `${topic}.dlq`);
        const name = target.fresh('billing');
        const group = { ...quick, name, topics: [topic], from: 'latest', protocol };
        const options = { brokers: target.addresses, group, handlers: scripted };
        const before = await startTestRuntime(t, {
          ...options,
          group: { ...group, name: target.fresh('else'), from: 'earliest' },
          topics: { [topic]: { partitions: 2 } },
        });
        await before.publish(topic, [['old', {}]]);
        await before.until(() => ended('succeeded', before).length === 1);
        const first = await startTestRuntime(t, options);
        const ends = await Promise.all([0, 1].map((partition) => first.committed(name, topic, partition)));
        expect(ends.toSorted()).toEqual([0n, 1n]);
        await first.stop();
        await before.publish(topic, [
          ['a', {}],
          ['b', {}],
        ]);
        const second = await startTestRuntime(t, options);
        await second.until(() => ended('succeeded', second).length === 2);
        expect([...ended('succeeded', first), ...ended('succeeded', second)].toSorted()).toEqual(['a 1', 'b 1']);
      });
    }
  });
}
