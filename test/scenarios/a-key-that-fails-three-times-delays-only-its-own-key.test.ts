// Retries hold the records of their own key and nobody else's: other keys of the same partition go on.
// Row S-60.
import { describe, expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { ended, mostAtOnce, scripted, told } from './support/calls.ts';
import { quick } from './support/quick.ts';

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('a key that fails three times delays only its own key', async (t) => {
      const topic = target.fresh('orders');
      target.owns(topic, `${topic}.dlq`);
      const name = target.fresh('billing');
      const rt = await startTestRuntime(t, {
        brokers: target.addresses,
        topics: { [topic]: { partitions: 1 } },
        // The first retry comes 300 ms after the failure: any time at all for the others to finish in.
        group: { ...quick, name, retry: { maxRetries: 3, baseDelay: '300ms', maxDelay: '300ms' } },
        handlers: scripted,
      });
      await rt.publish(topic, [
        ['slow', { succeedsAt: 4 }],
        ['slow', {}],
        ['a', {}],
        ['b', {}],
        ['a', {}],
      ]);
      await rt.until(async () => (await rt.committed(name, topic, 0)) === 5n);

      expect(ended('succeeded', rt)).toEqual(['a 1', 'b 1', 'a 1', 'slow 4', 'slow 1']);
      const slow = told(rt).filter(({ key }) => key === 'slow');
      expect(slow.filter(({ what }) => what === 'began').map(({ offset, attempt }) => [offset, attempt])).toEqual([
        [0, 1],
        [0, 2],
        [0, 3],
        [0, 4],
        [1, 1],
      ]);
      expect(mostAtOnce(slow)).toBe(1);
      expect(await rt.deadLetters(topic)).toEqual([]);
    });
  });
}
