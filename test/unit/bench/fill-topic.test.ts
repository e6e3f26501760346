import { expect, test } from 'vitest';
import { batches } from '../../../bench/fill-topic.ts';
import { orderJson } from '../../../bench/orders.ts';
import { keysPerPartition } from '../../../bench/workload.ts';
import { readBatchHeader } from '../../../runtime/protocol/records/batch-header.ts';

const content = { perBatch: 100, value: () => Buffer.from('x'), keyOf: (i: number) => `key-${i}` };

test('a partition gets exactly its share, round after round through its keys', () => {
  const share = 2 * keysPerPartition + 150;
  const made = [...batches({ ...content, share })];
  const counts = made.map((batch) => readBatchHeader(batch, 0)!.recordCount);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(share);
  expect(Math.max(...counts)).toBe(100);
  // The second round is the first one again, byte for byte.
  expect(made.filter((batch) => batch === made[0])).toHaveLength(3);
});

test('large records are not kept', () => {
  const value = () => Buffer.alloc(100_000);
  const made = [...batches({ ...content, perBatch: 1, value, share: keysPerPartition + 1 })];
  expect(made.at(-1)).not.toBe(made[0]);
});

test('an order is as long as it is asked to be, and differs by its key', () => {
  const orders = [1, 2, 1_666].map((key) => orderJson(key, 1_024));
  expect(orders.map((order) => order.length)).toEqual([1_024, 1_024, 1_024]);
  expect(new Set(orders.map((order) => (JSON.parse(order.toString()) as { order_id: string }).order_id)).size).toBe(3);
});
