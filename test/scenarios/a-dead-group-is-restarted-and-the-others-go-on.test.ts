// A group that cannot go on is never silent: it is started again when the cause may pass, and when it may not, the
// others go on and the exit code tells.
// Row S-47.
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { ended, scripted } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { quick } from './support/quick.ts';

const groupAuthorizationFailed = 30;

test('a group that fails for good ends with exit code 3, and the others go on', async (t) => {
  const broker = await embedded(t);
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    topics: { orders: { partitions: 1 } },
    groups: { billing: { ...quick, handlers: scripted }, shipping: { ...quick, handlers: scripted } },
  });
  // Whichever of the two beats first.
  broker.control.next('ConsumerGroupHeartbeat', { kind: 'error', code: groupAuthorizationFailed });
  await rt.until(() => rt.count('group.failed') === 1);
  const [failure] = rt.events('group.failed');
  expect(failure).toMatchObject({ message: expect.stringContaining('allow READ on the group'), delayMs: null });
  await rt.until(() => rt.runtime.health().groups.some(({ state }) => state === 'failed'));
  expect(rt.runtime.health().status).toBe('unhealthy');
  expect(rt.runtime.ready()).toBe(false);

  const other = failure!.group === 'billing' ? 'shipping' : 'billing';
  await rt.publish('orders', [['a', {}]]);
  await rt.until(async () => (await rt.committed(other, 'orders', 0)) === 1n);
  expect(ended('succeeded', rt)).toEqual(['a 1']);
  expect(await rt.committed(failure!.group, 'orders', 0)).toBe(null);
  expect((await rt.stop()).exitCode).toBe(3);
});

test('a group that finds no Kafka is started again until it does', async (t) => {
  const broker = await embedded(t);
  await broker.stop();
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    group: { ...quick, name: 'billing', topics: ['orders'] },
    handlers: scripted,
    joined: false,
  });
  await rt.until(() => rt.count('group.failed') === 1);
  expect(rt.events('group.failed')[0]!.delayMs).toBeGreaterThan(0);
  await broker.restart();
  await rt.until(() => rt.runtime.ready());
  await rt.publish('orders', [['a', {}]]);
  await rt.until(() => ended('succeeded', rt).length === 1);
  expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
});
