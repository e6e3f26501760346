// A record that its dead letter topic does not take is written there without its body, with the place where the body
// is, and its key goes on.
import { describe, expect, test } from 'vitest';
import { createTopics } from '../../runtime/protocol/create-topics.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { targets } from '../peers/support/targets.ts';
import { ended, scripted } from './support/calls.ts';
import { quick } from './support/quick.ts';

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('a dead letter that is too large is shortened', async (t) => {
      const topic = target.fresh('orders');
      target.owns(topic, `${topic}.dlq`);
      const kafka = new TestKafka(target.addresses);
      t.onTestFinished(() => kafka.close());
      const small = { name: 'max.message.bytes', value: '5000' };
      await kafka.client.send('any', 'metadata', createTopics, {
        topics: [
          { name: `${topic}.dlq`, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [small] },
          { name: topic, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] },
        ],
        timeoutMs: 10_000,
        validateOnly: false,
      });
      const name = target.fresh('billing');
      const rt = await startTestRuntime(t, {
        brokers: target.addresses,
        group: { ...quick, name, topics: [topic], retry: { ...quick.retry, maxRetries: 0 } },
        handlers: scripted,
        manifest: { producer: { compression: 'none' } },
      });
      await rt.publish(topic, [
        ['a', { succeedsAt: 2, padding: 'x'.repeat(100_000) }],
        ['a', {}],
      ]);
      await rt.until(async () => (await rt.committed(name, topic, 0)) === 2n, 60_000);
      expect(ended('succeeded', rt)).toEqual(['a 1']);
      const letters = await rt.deadLetters(topic);
      expect(letters.map(({ key, value }) => [key?.toString(), value])).toEqual([['a', null]]);
      const headers = new Map(letters[0]!.headers.map(([header, value]) => [header, value?.toString()]));
      expect(headers.get('dlq_truncated')).toBeDefined();
      expect(headers.get('dlq_original_topic')).toBe(topic);
      expect(headers.get('dlq_original_partition')).toBe('0');
      expect(headers.get('dlq_original_offset')).toBe('0');
    });
  });
}
