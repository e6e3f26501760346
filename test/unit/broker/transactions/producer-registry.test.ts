import { beforeEach, expect, test } from 'vitest';
import { CommittedOffsets } from '../../../../runtime/broker/groups/committed-offsets.ts';
import type { Partition } from '../../../../runtime/broker/log/partition.ts';
import { memoryStore } from '../../../../runtime/broker/storage/broker-store.ts';
import { Topics } from '../../../../runtime/broker/topics.ts';
import { ProducerRegistry } from '../../../../runtime/broker/transactions/producer-registry.ts';
import { seededRandom } from '../../../../runtime/core/random.ts';
import { kafkaErrors } from '../../../../runtime/protocol/error-codes.ts';
import { writeBatch } from '../../../../runtime/protocol/records/batch-writer.ts';
import { ManualClock } from '../../../../runtime/testing/manual-clock.ts';

const transactionalId = 'copy';
const place = { topic: 'orders', partition: 0 };
const none = { producerId: -1, epoch: -1 };

let clock: ManualClock;
let topics: Topics;
let partition: Partition;
let offsets: CommittedOffsets;
let producers: ProducerRegistry;

beforeEach(() => {
  clock = new ManualClock();
  topics = new Topics(memoryStore, clock, seededRandom(1), 1);
  const orders = topics.create({ name: 'orders', partitionCount: 1, replicationFactor: 1, settings: {} });
  partition = orders.partitions[0]!;
  offsets = new CommittedOffsets(memoryStore);
  producers = new ProducerRegistry(memoryStore, topics, offsets, clock);
});

function init(current = none) {
  const given = producers.initTransactional(transactionalId, 60_000, current);
  if (given.kind === 'refused') throw new Error(`refused with ${given.errorCode}`);
  return { transactionalId, producerId: given.producerId, producerEpoch: given.epoch };
}

function write({ producerId, producerEpoch }: ReturnType<typeof init>): void {
  const records = [{ key: null, value: null, headers: [], timestamp: 0 }];
  const batch = writeBatch({ records, producerId, producerEpoch, baseSequence: 0, transactional: true });
  const produced = partition.produce(batch, topics.get('orders')!.appendRules);
  expect(produced.kind).toBe('appended');
}

test('idempotent producers get ids of their own, or the next epoch of theirs', () => {
  expect(producers.initIdempotent(-1, -1)).toEqual({ kind: 'given', producerId: 1, epoch: 0 });
  expect(producers.initIdempotent(-1, -1)).toEqual({ kind: 'given', producerId: 2, epoch: 0 });
  expect(producers.initIdempotent(2, 0)).toEqual({ kind: 'given', producerId: 2, epoch: 1 });
  expect(producers.initIdempotent(2, 32_767)).toEqual({ kind: 'given', producerId: 3, epoch: 0 });
});

test('an id that no producer was given is replaced, however large it is', () => {
  expect(producers.initIdempotent(99, 0)).toEqual({ kind: 'given', producerId: 1, epoch: 0 });
  expect(producers.initIdempotent(2 ** 62, 0)).toEqual({ kind: 'given', producerId: 2, epoch: 0 });
});

test('a commit ends the transaction and lets its offsets count', () => {
  const producer = init();
  producers.addPartitions(producer, [place]);
  write(producer);
  producers.addGroup(producer, 'billing');
  offsets.hold('billing', producer.producerId, { ...place, offset: 5, leaderEpoch: -1, metadata: '' });
  expect(offsets.get('billing', place)).toBeUndefined();
  expect(offsets.isUnstable('billing', place)).toBe(true);
  expect(partition.lastStableOffset).toBe(0);

  expect(producers.end(producer, true)).toBe(kafkaErrors.NONE);
  expect(offsets.get('billing', place)?.offset).toBe(5);
  expect(offsets.isUnstable('billing', place)).toBe(false);
  expect(partition.lastStableOffset).toBe(2); // the record and its marker
  expect(partition.transactions.abortedIn(0, 2)).toEqual([]);

  // The answer was lost: asking again is fine, asking for the opposite is not.
  expect(producers.end(producer, true)).toBe(kafkaErrors.NONE);
  expect(producers.end(producer, false)).toBe(kafkaErrors.INVALID_TXN_STATE);
  expect(partition.highWatermark).toBe(2);
});

test('an abort drops the offsets and marks the records', () => {
  const producer = init();
  producers.addPartitions(producer, [place]);
  write(producer);
  producers.addGroup(producer, 'billing');
  offsets.hold('billing', producer.producerId, { ...place, offset: 5, leaderEpoch: -1, metadata: '' });
  producers.end(producer, false);
  expect(offsets.get('billing', place)).toBeUndefined();
  expect(partition.transactions.abortedIn(0, 2)).toHaveLength(1);
});

test('a new instance ends what the old one left open, and fences it', () => {
  const old = init();
  producers.addPartitions(old, [place]);
  write(old);
  const successor = init();
  expect(successor).toMatchObject({ producerId: old.producerId, producerEpoch: old.producerEpoch + 1 });
  expect(partition.lastStableOffset).toBe(partition.highWatermark);
  expect(producers.addPartitions(old, [place])).toBe(kafkaErrors.PRODUCER_FENCED);
  expect(producers.end(old, true)).toBe(kafkaErrors.PRODUCER_FENCED);
  const again = producers.initTransactional(transactionalId, 60_000, { producerId: old.producerId, epoch: 0 });
  expect(again).toEqual({ kind: 'refused', errorCode: kafkaErrors.PRODUCER_FENCED });
});

test('a transaction that takes too long is aborted and its producer fenced', async () => {
  const producer = init();
  producers.addPartitions(producer, [place]);
  write(producer);
  await clock.advance(60_000);
  expect(partition.lastStableOffset).toBe(2);
  expect(producers.end(producer, true)).toBe(kafkaErrors.PRODUCER_FENCED);
  expect(clock.pending).toBe(0);
});

test('only what was added may be written, only what is open may be ended', () => {
  const producer = init();
  expect(producers.mayWrite(producer, place)).toBe(kafkaErrors.INVALID_TXN_STATE);
  expect(producers.mayCommitOffsets(producer, 'billing')).toBe(kafkaErrors.INVALID_TXN_STATE);
  expect(producers.end(producer, true)).toBe(kafkaErrors.INVALID_TXN_STATE);
  producers.addPartitions(producer, [place]);
  expect(producers.mayWrite(producer, place)).toBe(kafkaErrors.NONE);
  const stranger = { ...producer, transactionalId: 'other' };
  expect(producers.mayWrite(stranger, place)).toBe(kafkaErrors.INVALID_PRODUCER_ID_MAPPING);
});

test('transactions that a stop left open are aborted when the broker starts again', () => {
  const producer = init();
  producers.addPartitions(producer, [place]);
  write(producer);
  new ProducerRegistry(memoryStore, topics, offsets, clock);
  expect(partition.lastStableOffset).toBe(2);
  expect(partition.transactions.abortedIn(0, 2)).toHaveLength(1);
  producers.close();
  expect(clock.pending).toBe(0);
});

test.each([0, 900_001])('a transaction timeout of %i ms is refused', (timeoutMs) => {
  const refused = { kind: 'refused', errorCode: kafkaErrors.INVALID_TRANSACTION_TIMEOUT };
  expect(producers.initTransactional(transactionalId, timeoutMs, none)).toEqual(refused);
});
