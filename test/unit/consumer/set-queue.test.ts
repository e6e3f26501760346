// Sets are taken in order, those that nobody will see give their memory back, and fetching waits for the reader.
import { expect, test } from 'vitest';
import { SetQueue } from '../../../runtime/consumer/set-queue.ts';
import { ProgressPool } from '../../../runtime/core/progress.ts';
import type { RecordSet } from '../../../runtime/core/record-set.ts';

const pool = new ProgressPool();

function set(id: number, topic = 't'): RecordSet {
  const bytes = new ArrayBuffer(0);
  const place = { topic, partition: 0, epoch: 1, firstOffset: id, lastOffset: id };
  return { id, ...place, bytes, byteLength: 0, recordCount: 1, progress: pool.take(1) };
}

function scene() {
  const dropped: number[] = [];
  const queue = new SetQueue(({ id }) => dropped.push(id));
  return { queue, dropped };
}

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
};

test('hands sets over in order, also to a reader that waits', async () => {
  const { queue } = scene();
  const first = queue.next();
  queue.push([set(1), set(2)]);
  queue.push([set(3)]);
  expect([await first, await queue.next(), await queue.next()].map((next) => next?.id)).toEqual([1, 2, 3]);
});

test('is empty only when the reader came back for more: then the last set was handed over', async () => {
  const { queue } = scene();
  queue.push([set(1)]);
  const emptied = queue.emptied();
  await queue.next();
  expect(await settled(emptied)).toBe(false);
  const more = queue.next();
  expect(await settled(emptied)).toBe(true);
  queue.end();
  expect(await more).toBe(null);
});

test('discarded sets are not seen, and their memory is given back', async () => {
  const { queue, dropped } = scene();
  queue.push([set(1, 'gone'), set(2), set(3, 'gone')]);
  queue.discard(({ topic }) => topic === 'gone');
  expect(dropped).toEqual([1, 3]);
  expect((await queue.next())?.id).toBe(2);
});

test('discarding the last sets lets the fetch loops go on', async () => {
  const { queue } = scene();
  queue.push([set(1)]);
  const emptied = queue.emptied();
  queue.discard(() => true);
  expect(await settled(emptied)).toBe(true);
});

test('after the end nothing is handed over and nobody waits', async () => {
  const { queue, dropped } = scene();
  queue.push([set(1)]);
  const emptied = queue.emptied();
  queue.end();
  queue.push([set(2)]);
  expect(await queue.next()).toBe(null);
  expect(await settled(emptied)).toBe(true);
  expect(await settled(queue.emptied())).toBe(true);
  expect(dropped).toEqual([1, 2]);
});

test('an error reaches the reader, and the first one counts', async () => {
  const { queue } = scene();
  const next = queue.next();
  queue.fail(new Error('first'));
  queue.fail(new Error('second'));
  queue.end();
  await expect(next).rejects.toThrow('first');
  await expect(queue.next()).rejects.toThrow('first');
});
