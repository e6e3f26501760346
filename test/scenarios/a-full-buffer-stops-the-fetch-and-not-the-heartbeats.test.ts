// `buffer` bounds what a partition may hold. A partition at a limit is not fetched; the others and the membership do not
// notice.
// Row S-58.
import { expect, test } from 'vitest';
import { startTestRuntime, type TestRuntime } from '../../runtime/testing/index.ts';
import { ended, scripted } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { gate } from './support/gate.ts';
import { beatsAt, joinsOf } from './support/membership.ts';
import { quick } from './support/quick.ts';

const total = 200;
/** One fetch brings at most this many: every batch of these records is larger than half of `batch.maxBytes`. */
const perBatch = 10;
const small = { ...quick, batch: { ...quick.batch, maxBytes: '1KiB' } };

test('a full buffer stops the fetch and not the heartbeats', async (t) => {
  const broker = await embedded(t);
  const all = gate(t);
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    topics: { orders: { partitions: 1 } },
    group: { ...small, name: 'billing', buffer: { maxRecords: 25 } },
    handlers: scripted,
  });
  const joins = joinsOf(rt);
  await fill(rt, 0, (nr) => [`key ${nr}`, { waitsFor: all.path }]);
  await rt.until(() => fetched(rt, 0) >= 25);
  const beats = beatsAt(broker);
  await rt.until(() => beatsAt(broker) > beats + 5);
  // Not more than the limit and one fetch, and while records finish neither.
  expect(fetched(rt, 0)).toBeLessThanOrEqual(25 + perBatch);
  let most = 0;
  rt.runtime.events.listen((name) => {
    if (name === 'records.fetched') most = Math.max(most, fetched(rt, 0) - ended('succeeded', rt).length);
  });
  all.open();
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === BigInt(total));
  expect(fetched(rt, 0)).toBe(total);
  // Log lines about records that are finished may still be on their way: half of the buffer at most.
  expect(most).toBeLessThanOrEqual(2 * (25 + perBatch));
  expect(ended('succeeded', rt)).toHaveLength(total);
  expect(joinsOf(rt)).toBe(joins);
});

test('a stuck key stops its partition at buffer.maxUncommitted, and no other', async (t) => {
  const stuck = gate(t);
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 2 } },
    group: { ...small, name: 'billing', buffer: { maxUncommitted: 50, maxRecords: 20 } },
    handlers: scripted,
  });
  await fill(rt, 0, (nr) => [`key ${nr}`, nr === 0 ? { waitsFor: stuck.path } : {}]);
  await fill(rt, 1, (nr) => [`other ${nr}`, {}]);
  await rt.until(async () => (await rt.committed('billing', 'orders', 1)) === BigInt(total));
  await rt.until(() => fetched(rt, 0) >= 50);
  const beyond = ended('succeeded', rt).filter((call) => call.startsWith('key')).length;
  // What was already handed over when the limit was reached may finish too.
  expect(beyond).toBeLessThanOrEqual(50 + 20 + perBatch);
  expect(await rt.committed('billing', 'orders', 0)).toBe(null);
  stuck.open();
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === BigInt(total));
  expect(ended('succeeded', rt)).toHaveLength(2 * total);
});

async function fill(rt: TestRuntime, partition: number, record: (nr: number) => readonly [string, object]) {
  const padding = 'x'.repeat(60);
  for (let nr = 0; nr < total; nr += perBatch) {
    const batch = Array.from({ length: perBatch }, (_, index) => record(nr + index));
    await rt.kafka.producer.send(
      batch.map(([key, value]) => ({
        topic: 'orders',
        partition,
        key: Buffer.from(key),
        value: Buffer.from(JSON.stringify({ ...value, padding })),
        headers: [],
      })),
    );
  }
}

function fetched(rt: TestRuntime, partition: number): number {
  return rt
    .events('records.fetched')
    .filter((event) => event.partition === partition)
    .reduce((sum, { records }) => sum + records, 0);
}
