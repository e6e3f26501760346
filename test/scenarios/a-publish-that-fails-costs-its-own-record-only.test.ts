// Handlers publish in the same moment: what Kafka refuses of one of them fails that one's record, not its neighbours'.
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { quickInline } from './support/quick.ts';

test('a publish that fails costs its own record only', async (t) => {
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 }, invoices: { partitions: 3 } },
    group: { ...quickInline, name: 'billing', topics: ['orders'], execution: 'inline', retry: { maxRetries: 0 } },
    async handler(event, ctx) {
      const { large } = event.data as { readonly large: boolean };
      const one = { topic: 'invoices', type: 'Invoiced', key: event.key, partition: 2, data: { of: event.key } };
      await ctx.publish(large ? [one, { ...one, data: { text: randomText(2_000_000) } }] : one);
    },
  });
  const orders = ['a', 'b', 'c', 'd'].map((key) => [key, { large: key === 'c' }] as const);
  await rt.publish('orders', orders);
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 4n);
  expect(rt.events('record.exhausted')).toMatchObject([
    { key: 'c', error: { name: 'PartlyPublishedError', code: 'RT_PUBLISH_PARTLY' } },
  ]);
  const written = (await rt.read('invoices')).map(({ partition, key }) => `${partition} ${key?.toString()}`);
  expect(written.toSorted()).toEqual(['2 a', '2 b', '2 c', '2 d']);
});

/** Which gzip cannot make small. */
function randomText(length: number): string {
  return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join('');
}
