import { expect, test } from 'vitest';
import { PartitionQueue, type Pending, sizeOf } from '../../../../runtime/kafka/producer/partition-queue.ts';
import { readBatchHeader } from '../../../../runtime/protocol/records/batch-header.ts';

const first = { id: 7, epoch: 0 };
const second = { id: 8, epoch: 0 };

function setup() {
  const queue = new PartitionQueue('orders', 2);
  const told: string[] = [];
  const add = (name: string, deadline = 1_000, bytes = 10): void => {
    const record = { key: null, value: Buffer.alloc(bytes, name), headers: [], timestamp: 0 };
    const pending: Pending = {
      record,
      size: sizeOf(record),
      addedAt: 0,
      deadline,
      written: (partition, offset) => told.push(`${name} ${partition}/${offset}`),
      failed: (error) => told.push(`${name} ${String(error)}`),
    };
    queue.add(pending);
  };
  const send = (producer: typeof first | null = first) => {
    const bytes = queue.encode('none', producer);
    queue.sending();
    queue.returned();
    const header = readBatchHeader(bytes, 0);
    return { bytes, id: header?.producerId, sequence: header?.baseSequence, count: header?.recordCount };
  };
  return { queue, told, add, send };
}

test('a batch is sent again with the same bytes, whatever waits behind it meanwhile', () => {
  const { add, send } = setup();
  add('a');
  const before = send();
  add('b');
  expect(send().bytes).toBe(before.bytes);
  expect(before).toMatchObject({ id: 7, sequence: 0, count: 1 });
});

test('the sequence moves on by the records of a batch when it is written', () => {
  const { queue, told, add, send } = setup();
  add('a');
  add('b');
  send();
  queue.written(40);
  add('c');
  expect(send()).toMatchObject({ id: 7, sequence: 2, count: 1 });
  expect(told).toEqual(['a 2/40', 'b 2/41']);
});

test('a refused batch leaves the sequence where it was: the broker wrote nothing', () => {
  const { queue, told, add, send } = setup();
  add('a');
  send();
  queue.refused('no');
  add('b');
  expect(send()).toMatchObject({ sequence: 0 });
  expect(told).toEqual(['a no']);
});

test('a renewed batch is numbered from 0 under the next producer id', () => {
  const { queue, add, send } = setup();
  add('a');
  send();
  queue.written(0);
  add('b');
  expect(send()).toMatchObject({ id: 7, sequence: 1 });
  queue.renew();
  expect(send(second)).toMatchObject({ id: 8, sequence: 0, count: 1 });
});

test('a batch that was sent and given up may have been written: the next one does not take its sequence', () => {
  const { queue, told, add, send } = setup();
  add('a', 100);
  add('b', 500);
  send();
  add('c', 500);
  queue.expire(100, () => 'late');
  expect(told).toEqual(['a late', 'b late']); // they are one batch
  expect(send(second)).toMatchObject({ id: 8, sequence: 0, count: 1 });
});

test('nothing expires while its request is under way', () => {
  const { queue, told, add } = setup();
  add('a', 100);
  queue.encode('none', first);
  queue.sending();
  queue.expire(200, () => 'late');
  expect(told).toEqual([]);
});

test('what waits expires alone', () => {
  const { queue, told, add, send } = setup();
  add('a', 100);
  add('b', 500);
  queue.expire(100, () => 'late');
  expect(told).toEqual(['a late']);
  expect(send()).toMatchObject({ sequence: 0, count: 1 });
});

test('a batch holds 1 MB at most, and a record that is larger goes alone', () => {
  const { queue, add, send } = setup();
  for (const bytes of [400_000, 400_000, 400_000, 2_000_000, 10]) add('a', 1_000, bytes);
  const counts: (number | undefined)[] = [];
  while (!queue.empty) {
    counts.push(send().count);
    queue.written(0);
  }
  expect(counts).toEqual([2, 1, 1, 1]);
});

test('split keeps the order and the sequence, and cuts later batches smaller', () => {
  const { queue, told, add, send } = setup();
  for (const name of ['a', 'b', 'c', 'd', 'e']) add(name);
  expect(send()).toMatchObject({ count: 5 });
  queue.split();
  const sent = [];
  for (let offset = 0; !queue.empty; ) {
    const { sequence, count = 0 } = send();
    sent.push([sequence, count]);
    queue.written(offset);
    offset += count;
  }
  expect(sent).toEqual([
    [0, 2],
    [2, 2],
    [4, 1],
  ]);
  expect(told).toEqual(['a 2/0', 'b 2/1', 'c 2/2', 'd 2/3', 'e 2/4']);
});

test('without a producer id batches carry none', () => {
  const { add, send } = setup();
  add('a');
  expect(send(null)).toMatchObject({ id: -1, sequence: -1 });
});

test('refused after an attempt that nobody answered: the next batch goes under another producer id', () => {
  const { queue, told, add, send } = setup();
  add('a');
  send();
  send();
  queue.refused('no');
  expect(told).toEqual(['a no']);
  expect(queue.producer).toBeNull();
  expect(queue.former).toBe(first); // whoever hands out ids must not give it this one again
  add('b');
  expect(send(second)).toMatchObject({ id: 8, sequence: 0 });
});
