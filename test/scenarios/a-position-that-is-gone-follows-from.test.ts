// When retention has deleted what the group wanted to read next, `from` says where it goes on, and it is told.
// Row S-38.
import { expect, test } from 'vitest';
import { deleteRecords } from '../../runtime/protocol/delete-records.ts';
import { startTestRuntime, type TestRuntime } from '../../runtime/testing/index.ts';
import { ended, scripted } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { quick } from './support/quick.ts';

for (const { from, handled } of [
  { from: 'earliest', handled: ['d 1', 'e 1', 'new 1'] },
  { from: 'latest', handled: ['new 1'] },
  { from: 'fail', handled: [] },
]) {
  test(`a position that is gone follows from: ${from}`, async (t) => {
    const broker = await embedded(t);
    const options = {
      brokers: [broker.address],
      group: { ...quick, name: 'billing', topics: ['orders'], from },
      handlers: scripted,
    };
    const before = await startTestRuntime(t, {
      ...options,
      group: { ...options.group, from: 'earliest' },
      topics: { orders: { partitions: 1 } },
    });
    await before.publish('orders', [['a', {}]]);
    await before.until(async () => (await before.committed('billing', 'orders', 0)) === 1n);
    await before.stop();
    await before.publish('orders', [
      ['b', {}],
      ['c', {}],
      ['d', {}],
      ['e', {}],
    ]);
    await deleteBelow(before, 3);

    const rt = await startTestRuntime(t, options);
    if (from === 'fail') {
      const { exitCode, error } = await rt.runtime.done;
      expect(exitCode).toBe(3);
      expect(error).toMatchObject({ code: 'RT_OFFSET_MISSING' });
      expect(rt.count('group.failed')).toBe(1);
    } else {
      await rt.until(() => rt.count('partition.outOfRange') === 1);
      const to = from === 'earliest' ? 3 : 5;
      expect(rt.events('partition.outOfRange')).toMatchObject([{ from: 1, to }]);
      await rt.publish('orders', [['new', {}]]);
      await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 6n);
    }
    expect(ended('succeeded', rt)).toEqual(handled);
  });
}

async function deleteBelow({ kafka }: TestRuntime, offset: number): Promise<void> {
  const { node } = kafka.cluster.leaderOf({ topic: 'orders', partition: 0 })!;
  const answer = await kafka.client.send(node, 'metadata', deleteRecords, {
    topics: [{ name: 'orders', partitions: [{ partition: 0, offset }] }],
    timeoutMs: 10_000,
  });
  expect(answer.topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, lowWatermark: offset });
}
