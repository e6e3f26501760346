// Records of other keys may finish first, but the commit stops at the record that failed.
// Row S-42.
import { describe, expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { ended, scripted } from './support/calls.ts';
import { quick } from './support/quick.ts';

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('a failed record holds back the commit', async (t) => {
      const topic = target.fresh('orders');
      target.owns(topic, `${topic}.dlq`);
      const name = target.fresh('billing');
      const rt = await startTestRuntime(t, {
        brokers: target.addresses,
        topics: { [topic]: { partitions: 1 } },
        group: { ...quick, name, retry: { ...quick.retry, maxRetries: 0, onExhausted: 'stop' } },
        handlers: scripted,
      });
      await rt.publish(topic, [
        ['a', {}],
        ['b', { succeedsAt: 2 }],
        ['c', {}],
      ]);
      await rt.until(() => rt.stoppedKeys(name) === 1);
      // Also what is fetched later, in a record set of its own.
      await rt.publish(topic, [['d', {}]]);
      await rt.until(() => ended('succeeded', rt).length === 3);
      await rt.until(async () => (await rt.committed(name, topic, 0)) === 1n);

      // Stopping does not carry it further, nor wait for it: that is the operator's.
      expect((await rt.stop()).exitCode).toBe(0);
      expect(await rt.committed(name, topic, 0)).toBe(1n);
      expect(await rt.deadLetters(topic)).toEqual([]);
    });
  });
}
