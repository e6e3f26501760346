import { expect, test } from 'vitest';
import { readBatchHeader } from '../../../runtime/protocol/records/batch-header.ts';
import { type Batch, PartitionQueue, type QueueLimits } from '../../../runtime/publisher/partition-queue.ts';
import { type Pending, sizeOf } from '../../../runtime/publisher/queued-record.ts';

const first = { id: 7, epoch: 0 };
const second = { id: 8, epoch: 0 };

const defaults: QueueLimits = { batchBytes: 1_000_000, batchRecords: null, lingerMs: 0, maxInFlight: 5 };

function setup(limits: Partial<QueueLimits> = {}) {
  const queue = new PartitionQueue('orders', 2, { ...defaults, ...limits });
  const told: string[] = [];
  const add = (name: string, deadline = 1_000, bytes = 10): void => {
    const record = { key: null, value: Buffer.alloc(bytes, name), headers: [], timestamp: 0 };
    const pending: Pending = {
      record,
      size: sizeOf(record),
      addedAt: 0,
      deadline,
      deadLetter: false,
      written: (partition, offset) => told.push(`${name} ${partition}/${offset}`),
      failed: (error) => told.push(`${name} ${String(error)}`),
    };
    queue.add(pending);
  };
  /** Sends a batch, which stays on its way. */
  const post = (producer: typeof first | null = first) => {
    const { batch, bytes } = queue.encode('none', producer);
    queue.sending(batch);
    const header = readBatchHeader(bytes, 0);
    return { batch, bytes, id: header?.producerId, sequence: header?.baseSequence, count: header?.recordCount };
  };
  /** Sends a batch, and an answer comes back. */
  const send = (producer: typeof first | null = first) => {
    const sent = post(producer);
    queue.returned(sent.batch);
    return sent;
  };
  /** Sends a batch, which is written. */
  const write = (baseOffset: number, producer: typeof first | null = first) => {
    const sent = send(producer);
    queue.written(sent.batch, baseOffset);
    return sent;
  };
  return { queue, told, add, post, send, write };
}

test('a batch is sent again with the same bytes, whatever waits behind it meanwhile', () => {
  const { add, send } = setup();
  add('a');
  const before = send();
  add('b');
  expect(send().bytes).toBe(before.bytes);
  expect(before).toMatchObject({ id: 7, sequence: 0, count: 1 });
});

test('the sequence moves on by the records of a batch', () => {
  const { told, add, send, write } = setup();
  add('a');
  add('b');
  write(40);
  add('c');
  expect(send()).toMatchObject({ id: 7, sequence: 2, count: 1 });
  expect(told).toEqual(['a 2/40', 'b 2/41']);
});

test('after 2^31 - 1 the sequence begins again at 0', () => {
  const { queue, add, post, write } = setup({ batchRecords: 2 });
  add('a');
  write(0);
  for (const name of ['b', 'c', 'd', 'e']) add(name);
  const { batch } = post();
  const open = batch as Batch & { sequence: number };
  open.sequence = 0x7ffffffe; // as after two thousand million records
  queue.returned(batch);
  queue.split(batch, false);
  expect(post()).toMatchObject({ sequence: 0x7ffffffe, count: 1 });
  expect(post()).toMatchObject({ sequence: 0x7fffffff, count: 1 });
});

test('a refused batch leaves the sequence where it was: the broker wrote nothing', () => {
  const { queue, told, add, send } = setup();
  add('a');
  queue.refused(send().batch, 'no');
  add('b');
  expect(send()).toMatchObject({ sequence: 0 });
  expect(told).toEqual(['a no']);
});

test('a renewed batch is numbered from 0 under the next producer id', () => {
  const { queue, add, send, write } = setup();
  add('a');
  write(0);
  add('b');
  expect(send()).toMatchObject({ id: 7, sequence: 1 });
  queue.renew();
  expect(queue.former).toBe(first); // whoever hands out ids must not give it this one again
  expect(send(second)).toMatchObject({ id: 8, sequence: 0, count: 1 });
});

test('several batches are on their way with a producer id, and one without', () => {
  const batched = { batchRecords: 1, maxInFlight: 3 };
  const { queue, add, post, write } = setup(batched);
  for (const name of ['a', 'b', 'c', 'd', 'e']) add(name);
  write(0);
  expect([post(), post(), post()].map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(queue.readyAt(true, false)).toBe(Number.POSITIVE_INFINITY);
  const plain = setup(batched);
  for (const name of ['a', 'b', 'c']) plain.add(name);
  plain.write(0, null);
  expect(plain.post(null)).toMatchObject({ id: -1, sequence: -1 });
  expect(plain.queue.readyAt(true, false)).toBe(Number.POSITIVE_INFINITY);
});

test('the first batch of a producer id goes alone: a broker that does not know the id takes any sequence', () => {
  const { queue, add, post } = setup({ batchRecords: 1 });
  add('a');
  add('b');
  const { batch } = post();
  expect(queue.readyAt(true, false)).toBe(Number.POSITIVE_INFINITY);
  queue.returned(batch);
  queue.written(batch, 0);
  expect(queue.readyAt(true, false)).toBe(0);
});

test('a batch that came back goes before what was behind it, and waits until that is back too', () => {
  const { queue, add, post, write } = setup({ batchRecords: 1 });
  for (const name of ['a', 'b', 'c', 'd']) add(name);
  write(0);
  const [b, c] = [post(), post()];
  queue.returned(b.batch);
  expect(queue.readyAt(true, false)).toBe(Number.POSITIVE_INFINITY);
  queue.returned(c.batch);
  const again = [post(), post(), post()];
  expect(again.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(again[0]!.bytes).toBe(b.bytes);
});

test('a refused batch with others behind it leaves a gap; the broker refuses those, and all begin anew', () => {
  const { queue, add, post, write } = setup({ batchRecords: 1 });
  for (const name of ['a', 'b', 'c', 'd']) add(name);
  write(0);
  const [b, c] = [post(), post()];
  queue.returned(b.batch);
  queue.refused(b.batch, 'no');
  expect(queue.isFirst(c.batch)).toBe(true);
  queue.renew(); // it cannot be numbered anew while it is on its way
  expect(queue.producer).toBe(first);
  expect(queue.readyAt(true, false)).toBe(Number.POSITIVE_INFINITY);
  queue.returned(c.batch);
  expect(queue.producer).toBeNull();
  expect(write(5, second)).toMatchObject({ id: 8, sequence: 0 });
  expect(post(second)).toMatchObject({ id: 8, sequence: 1 });
});

test('a batch that was sent and given up may have been written: the next one does not take its sequence', () => {
  const { queue, told, add, send } = setup();
  add('a', 100);
  add('b', 500);
  queue.doubt(send().batch);
  add('c', 500);
  queue.expire(100, () => 'late');
  expect(told).toEqual(['a late', 'b late']); // they are one batch
  expect(send(second)).toMatchObject({ id: 8, sequence: 0, count: 1 });
});

test('refused after an attempt that nobody answered: the next batch goes under another producer id', () => {
  const { queue, told, add, send } = setup();
  add('a');
  queue.doubt(send().batch);
  queue.refused(send().batch, 'no');
  expect(told).toEqual(['a no']);
  expect(queue.producer).toBeNull();
  add('b');
  expect(send(second)).toMatchObject({ id: 8, sequence: 0 });
});

test('nothing expires while its request is under way', () => {
  const { queue, told, add, post } = setup();
  add('a', 100);
  post();
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

test('a batch holds batchBytes at most, and a record that is larger goes alone', () => {
  const { queue, add, write } = setup();
  for (const bytes of [400_000, 400_000, 400_000, 2_000_000, 10]) add('a', 1_000, bytes);
  const counts: (number | undefined)[] = [];
  while (!queue.empty) counts.push(write(0).count);
  expect(counts).toEqual([2, 1, 1, 1]);
});

test('a batch holds batchRecords at most', () => {
  const { queue, add, write } = setup({ batchRecords: 2 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) add(name);
  const counts: (number | undefined)[] = [];
  while (!queue.empty) counts.push(write(0).count);
  expect(counts).toEqual([2, 2, 1]);
});

test('a batch that went out takes no more records', () => {
  const { add, post, write } = setup();
  add('a');
  write(0);
  add('b');
  expect(post().count).toBe(1);
  add('c');
  expect(post()).toMatchObject({ sequence: 2, count: 1 });
});

test('without a linger a batch waits only for a leader that is busy; a full one does not', () => {
  const { queue, add } = setup({ batchRecords: 2 });
  add('a');
  expect(queue.readyAt(true, false)).toBe(0);
  expect(queue.readyAt(false, false)).toBe(Number.POSITIVE_INFINITY);
  expect(queue.readyAt(false, true)).toBe(0); // somebody flushes
  add('b');
  expect(queue.readyAt(false, false)).toBe(0);
});

test('with a linger a batch waits for its time, a full one does not, and a flush ends it', () => {
  const { queue, add } = setup({ batchRecords: 2, lingerMs: 20 });
  add('a');
  expect([queue.readyAt(true, false), queue.readyAt(false, false)]).toEqual([20, 20]);
  expect(queue.readyAt(true, true)).toBe(0);
  add('b');
  expect(queue.readyAt(false, false)).toBe(0);
});

test('split keeps the order and the sequence, and cuts later batches smaller', () => {
  const { queue, told, add, send, write } = setup();
  for (const name of ['a', 'b', 'c', 'd', 'e']) add(name);
  const { batch, count } = send();
  expect(count).toBe(5);
  queue.split(batch, true);
  for (const name of ['f', 'g', 'h']) add(name);
  const sent = [];
  for (let offset = 0; !queue.empty; offset += sent.at(-1)![1]) {
    const { sequence, count: records } = write(offset);
    sent.push([sequence!, records!] as const);
  }
  expect(sent).toEqual([
    [0, 2],
    [2, 3],
    [5, 2],
    [7, 1],
  ]);
  expect(told).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, offset) => `${name} 2/${offset}`));
});

test('without a producer id batches carry none', () => {
  const { add, send } = setup();
  add('a');
  expect(send(null)).toMatchObject({ id: -1, sequence: -1 });
});
