// A handler may take three times as long as the session: the membership stays, and its record is handled once.
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { quickInline } from './support/quick.ts';

const sessionMs = 6_000; // the least that Kafka takes by default
// It takes its time, so once only: on Apache Kafka where there is one.
const target = (await targets()).at(-1)!;

describe(target.name, () => {
  target.use();

  test('a long handler costs no membership', { timeout: 120_000 }, async (t) => {
    const topic = target.fresh('orders');
    target.owns(topic, `${topic}.dlq`);
    const name = target.fresh('billing');
    const calls: string[] = [];
    const rt = await startTestRuntime(t, {
      brokers: target.addresses,
      topics: { [topic]: { partitions: 1 } },
      group: { ...quickInline, name, timeouts: { ...quickInline.timeouts, session: `${sessionMs}ms` } },
      handler: async (event) => {
        calls.push(String(event.key));
        if (event.key === 'long') await wait(3 * sessionMs);
      },
    });
    await rt.publish(topic, [
      ['long', {}],
      ['other', {}],
    ]);
    await rt.until(async () => (await rt.committed(name, topic, 0)) === 2n, 90_000);
    expect(calls.toSorted()).toEqual(['long', 'other']);
    expect(rt.events('group.state').filter(({ state }) => state === 'joined')).toHaveLength(1);
    expect(rt.count('partition.closed')).toBe(0);
  });
});
