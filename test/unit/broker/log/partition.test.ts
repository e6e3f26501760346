import { expect, test } from 'vitest';
import type { AppendRules } from '../../../../runtime/broker/log/batch-check.ts';
import { Partition } from '../../../../runtime/broker/log/partition.ts';
import { kafkaErrors } from '../../../../runtime/protocol/error-codes.ts';
import { BatchHeader, batchLayout } from '../../../../runtime/protocol/records/batch-header.ts';
import { type BatchToWrite, writeBatch } from '../../../../runtime/protocol/records/batch-writer.ts';
import { checkCrc } from '../../../../runtime/protocol/records/crc32c.ts';
import { ManualClock } from '../../../../runtime/testing/manual-clock.ts';

const rules: AppendRules = { maxBatchBytes: 10_000, timestampType: 'create', futureMsMax: 3_600_000, keyed: false };

function batch(options: Partial<BatchToWrite> = {}, count = 1): Buffer {
  const record = { key: null, value: Buffer.from('v'), headers: [], timestamp: 0 };
  return writeBatch({ records: Array.from({ length: count }, () => record), ...options });
}

const sequenced = (baseSequence: number, count = 1, producerEpoch = 0): Buffer =>
  batch({ producerId: 7, producerEpoch, baseSequence }, count);

const refusal = (errorCode: number) => expect.objectContaining({ kind: 'refused', errorCode });
const appendedAt = (baseOffset: number) => expect.objectContaining({ kind: 'appended', baseOffset });

const partitionOf = () => new Partition(new ManualClock(), null);

test.each([
  ['bytes that are no batch', Buffer.from('hello'), kafkaErrors.INVALID_RECORD],
  ['a batch cut short', batch().subarray(0, -1), kafkaErrors.INVALID_RECORD],
  ['two batches', Buffer.concat([batch(), batch()]), kafkaErrors.INVALID_RECORD],
  ['a batch above the limit', batch({}, 3_000), kafkaErrors.MESSAGE_TOO_LARGE],
  ['a control batch', batch({ control: true }), kafkaErrors.INVALID_RECORD],
  ['a transaction without a producer', batch({ transactional: true }), kafkaErrors.INVALID_RECORD],
  ['the old format', changed(batchLayout.magic, 1), kafkaErrors.INVALID_RECORD],
  ['a format from the future', changed(batchLayout.magic, 3), kafkaErrors.CORRUPT_MESSAGE],
  ['a changed byte', changed(batchLayout.records + 2, 99), kafkaErrors.CORRUPT_MESSAGE],
])('%s is refused with Kafka´s code', (_, records, errorCode) => {
  const partition = partitionOf();
  expect(partition.produce(records, rules)).toEqual(refusal(errorCode));
  expect(partition.highWatermark).toBe(0);
});

function changed(at: number, value: number): Buffer {
  const bytes = batch();
  bytes[at] = value;
  return bytes;
}

test('a time too far in the future is refused, a compacted topic takes no record without key', () => {
  const clock = new ManualClock();
  const partition = new Partition(clock, null);
  const record = { key: null, value: null, headers: [], timestamp: clock.wallTime() + 3_600_001 };
  expect(partition.produce(writeBatch({ records: [record] }), rules)).toEqual(refusal(kafkaErrors.INVALID_TIMESTAMP));
  expect(partition.produce(batch(), { ...rules, keyed: true })).toEqual(refusal(kafkaErrors.INVALID_RECORD));
});

test('with LogAppendTime the batch carries the time of the broker and a true checksum', () => {
  const clock = new ManualClock();
  const partition = new Partition(clock, null);
  partition.produce(batch(), { ...rules, timestampType: 'logAppend' });
  const stored = partition.log.read(0, 1, 1e6, true);
  const header = new BatchHeader(stored, 0);
  checkCrc(stored, 0, header);
  expect([header.timestampType, header.maxTimestamp]).toEqual(['logAppend', clock.wallTime()]);
});

test('an idempotent producer may repeat its last five batches, and leave no gap', () => {
  const partition = partitionOf();
  for (let i = 0; i < 6; i++) expect(partition.produce(sequenced(i * 2, 2), rules)).toEqual(appendedAt(i * 2));
  expect(partition.produce(sequenced(4, 2), rules)).toEqual(appendedAt(4));
  expect(partition.highWatermark).toBe(12);
  expect(partition.produce(sequenced(0, 2), rules)).toEqual(refusal(kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER));
  expect(partition.produce(sequenced(14, 2), rules)).toEqual(refusal(kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER));
});

test('a new epoch begins at sequence 0, and the old one is over', () => {
  const partition = partitionOf();
  partition.produce(sequenced(0, 1, 0), rules);
  expect(partition.produce(sequenced(1, 1, 1), rules)).toEqual(refusal(kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER));
  expect(partition.produce(sequenced(0, 1, 1), rules)).toEqual(appendedAt(1));
  expect(partition.produce(sequenced(1, 1, 0), rules)).toEqual(refusal(kafkaErrors.INVALID_PRODUCER_EPOCH));
});

test('sequences wrap after 2^31 - 1', () => {
  const partition = partitionOf();
  expect(partition.produce(sequenced(2 ** 31 - 2, 2), rules)).toEqual(appendedAt(0));
  expect(partition.produce(sequenced(0), rules)).toEqual(appendedAt(2));
});

test('readers of committed records stop at the oldest open transaction', () => {
  const partition = partitionOf();
  const transactional = (producerId: number) =>
    batch({ producerId, producerEpoch: 0, baseSequence: 0, transactional: true });
  partition.produce(batch(), rules);
  partition.produce(transactional(7), rules);
  partition.produce(transactional(9), rules);
  expect(partition.lastStableOffset).toBe(1);
  partition.mark(7, 0, 'abort');
  expect(partition.lastStableOffset).toBe(2);
  partition.mark(9, 0, 'commit');
  expect(partition.lastStableOffset).toBe(5);
  expect(partition.transactions.abortedIn(0, 5)).toEqual([{ producerId: 7, firstOffset: 1, lastOffset: 3 }]);
  expect(partition.transactions.abortedIn(4, 5)).toEqual([]);
});

test('whoever waits is woken by an append, until it stops waiting', () => {
  const partition = partitionOf();
  let woken = 0;
  const stop = partition.onAppend(() => woken++);
  partition.produce(batch(), rules);
  stop();
  partition.produce(batch(), rules);
  expect(woken).toBe(1);
});
