// The topics of a group and their dead letter topics need not exist; what exists stays as it is.
// Row S-91.
import { describe, expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { ended, scripted } from './support/calls.ts';
import { quick } from './support/quick.ts';

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('a topic that is missing at start is created, with its dead letter topic', async (t) => {
      const [missing, there] = [target.fresh('orders'), target.fresh('payments')];
      target.owns(missing, `${missing}.dlq`, there, `${there}.dlq`);
      const rt = await startTestRuntime(t, {
        brokers: target.addresses,
        topics: { [there]: { partitions: 2 } },
        group: {
          ...quick,
          name: target.fresh('billing'),
          topics: [missing, there],
          retry: { ...quick.retry, maxRetries: 0 },
        },
        handlers: scripted,
      });
      await rt.kafka.cluster.refresh([missing, `${missing}.dlq`, there, `${there}.dlq`]);
      const partitions = (topic: string) => rt.kafka.cluster.topic(topic).partitionCount;
      expect([missing, `${missing}.dlq`, there, `${there}.dlq`].map(partitions)).toEqual([3, 3, 2, 2]);

      await rt.publish(missing, [['a', { succeedsAt: 2 }]]);
      await rt.publish(there, [['b', {}]]);
      await rt.until(() => ended('succeeded', rt).length === 1 && rt.count('record.deadLettered') === 1);
      expect(await rt.deadLetters(missing)).toHaveLength(1);
    });
  });
}
