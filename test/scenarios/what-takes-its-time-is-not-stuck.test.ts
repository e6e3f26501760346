// Liveness kills nobody who only waits (row X-04): a legal handler of three times `stalledFor`, an idle topic, a member
// without partitions, a held key. Readiness does not depend on having a partition (row X-12).
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { ended, scripted } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { quick } from './support/quick.ts';

const manifest = { observability: { health: { stalledFor: '1s' }, http: { port: 0 } } };
const groups = {
  billing: { ...quick, topics: ['orders'], handlers: scripted },
  idle: { ...quick, topics: ['nothing'], handlers: scripted },
  held: {
    ...quick,
    topics: ['orders'],
    retry: { ...quick.retry, maxRetries: 0, onExhausted: 'stop' },
    handlers: scripted,
  },
};

test('what takes its time is not stuck', async (t) => {
  const broker = await embedded(t);
  const brokers = [broker.address];
  const topics = { orders: { partitions: 1 }, nothing: { partitions: 1 } };
  const first = await startTestRuntime(t, { brokers, manifest, topics, groups });
  const second = await startTestRuntime(t, { brokers, manifest, topics, groups });
  await first.until(() => first.runtime.ready() && second.runtime.ready());

  await first.publish('orders', [
    ['slow', { takesMs: 3_500 }],
    ['bad', { succeedsAt: 2, takesMs: 1 }],
  ]);
  await first.until(async () => (await first.committed('billing', 'orders', 0)) === 2n);
  expect(ended('succeeded', first, second)).toContain('slow 1');
  expect(first.count('record.held') + second.count('record.held')).toBe(1);
  for (const rt of [first, second]) {
    expect(rt.count('group.stalled')).toBe(0);
    expect(rt.runtime.health()).toMatchObject({ status: 'healthy', stalls: [] });
    expect(rt.runtime.ready()).toBe(true);
    // One of the two has the partition of each topic, the other one has nothing to do.
    expect(rt.runtime.health().groups.map(({ state }) => state)).toEqual(['joined', 'joined', 'joined']);
  }
});
