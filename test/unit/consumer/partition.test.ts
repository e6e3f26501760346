// The states of a partition, and what may be committed in each.
import { expect, test } from 'vitest';
import { AssignedPartition } from '../../../runtime/consumer/partition.ts';

const fresh = (): AssignedPartition => new AssignedPartition({ topic: 't', partition: 0 });

test('is fetched only while open, committed also while opening (where it begins) and draining', () => {
  const partition = fresh();
  expect([partition.fetchable, partition.mayCommit(partition.epoch)]).toEqual([false, true]);
  const epoch = partition.open(3);
  expect([partition.fetchable, partition.mayCommit(epoch), partition.position]).toEqual([true, true, 3]);
  partition.drain();
  expect([partition.fetchable, partition.mayCommit(epoch)]).toEqual([false, true]);
  partition.close();
  expect([partition.fetchable, partition.mayCommit(epoch)]).toEqual([false, false]);
});

test('what is lost is never committed', () => {
  const partition = fresh();
  const epoch = partition.open(0);
  partition.drain();
  partition.lose();
  expect(partition.mayCommit(epoch)).toBe(false);
});

test('every epoch is higher than all before, over all partitions', () => {
  const [a, b] = [fresh(), fresh()];
  const epochs = [a.open(0), b.open(0), a.reopen(5)!, b.reopen(1)!];
  expect(epochs).toEqual([...epochs].sort((x, y) => x - y));
  expect(new Set(epochs).size).toBe(4);
  expect(a.mayCommit(epochs[0]!)).toBe(false);
  expect(a.position).toBe(5);
});

test('is reopened only while open', () => {
  const partition = fresh();
  expect(partition.reopen(1)).toBe(null);
  partition.open(0);
  partition.drain();
  expect(partition.reopen(1)).toBe(null);
});

test('a stopped partition is not fetched, and what it did is committed', () => {
  const partition = fresh();
  const epoch = partition.open(0);
  partition.stop();
  expect([partition.fetchable, partition.mayCommit(epoch)]).toEqual([false, true]);
});

test('takes no step that the table does not have', () => {
  const partition = fresh();
  expect(() => partition.drain()).toThrow('cannot go from opening to draining');
  partition.close();
  expect(() => partition.open(0)).toThrow('cannot go from closed to open');
});
