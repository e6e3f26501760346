// A record batch that unpacks to more than `batch.maxDecompressed` is never unpacked whole: its partition stops at it and
// says where, what came before it is committed, and other partitions go on (row B7).
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { ended, scripted } from './support/calls.ts';
import { quick } from './support/quick.ts';

test('B7: a batch that unpacks to too much stops its partition', async (t) => {
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 2 } },
    group: { ...quick, name: 'billing', batch: { ...quick.batch, maxDecompressed: '64KiB' } },
    handlers: scripted,
    manifest: { producer: { compression: 'gzip' } },
  });
  const record = (partition: number, key: string, bytes: number) => ({
    topic: 'orders',
    partition,
    key: Buffer.from(key),
    value: Buffer.from(JSON.stringify({ padding: 'x'.repeat(bytes) })),
    headers: [],
  });
  for (const one of [record(0, 'before', 10), record(0, 'bomb', 900_000), record(0, 'behind', 10)]) {
    expect((await rt.runtime.publish([one])).kind).toBe('ok');
  }
  await rt.until(() => rt.count('partition.stopped') === 1);
  expect(rt.events('partition.stopped')).toMatchObject([
    { topic: 'orders', partition: 0, offset: 1, reason: expect.stringContaining('unpacks to more than 65536 bytes') },
  ]);
  await rt.runtime.publish([record(1, 'other', 10)]);
  await rt.until(async () => (await rt.committed('billing', 'orders', 1)) === 1n);

  expect(ended('succeeded', rt)).toEqual(['before 1', 'other 1']);
  expect(rt.count('thread.died')).toBe(0);
  // As for a key that is held: what only an operator can mend is not waited for, and nothing is cut short.
  expect((await rt.stop()).exitCode).toBe(0);
  expect(await rt.committed('billing', 'orders', 0)).toBe(1n);
});
