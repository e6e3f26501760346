// All connections are cut and the port is closed, in the middle of the work; when the broker is back within the session
// the group goes on where it was, without a rebalance and without a record handled twice, with either client library.
// Row S-54.
import { expect, test } from 'vitest';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { ended, scripted } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { gate } from './support/gate.ts';
import { joinsOf } from './support/membership.ts';
import { quick } from './support/quick.ts';

test.for(['kafkajs', 'platformatic'])('a broker that goes away and comes back costs nothing: %s', async (client, t) => {
  const broker = await embedded(t);
  const away = gate(t);
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    topics: { orders: { partitions: 2 } },
    group: { ...quick, name: 'billing', timeouts: { ...quick.timeouts, session: '30s' } },
    handlers: scripted,
    manifest: { kafka: { client } },
  });
  const joins = joinsOf(rt);
  const records = Array.from({ length: 40 }, (_, nr): TestRecord => [`key ${nr}`, { waitsFor: away.path }]);
  await rt.publish('orders', records);
  await rt.until(() => ended('began', rt).length === records.length);

  await broker.stop();
  away.open();
  // Handlers finish while nobody can be told about it.
  await rt.until(() => ended('succeeded', rt).length === records.length && rt.count('kafka.connectionFailed') > 0);
  await broker.restart();
  await rt.publish('orders', [['new', {}]]);
  const committed = async (partition: number) => Number((await rt.committed('billing', 'orders', partition)) ?? 0);
  await rt.until(async () => (await committed(0)) + (await committed(1)) === records.length + 1);

  expect(ended('began', rt)).toHaveLength(records.length + 1);
  expect(joinsOf(rt)).toBe(joins);
  expect(rt.count('group.failed')).toBe(0);
  expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
});
