// What a fetch brought is cut into record sets by batch headers alone; offsets never go missing on the way.
import { expect, test } from 'vitest';
import { type FetchedPartition, splitRecords } from '../../../runtime/consumer/record-sets.ts';
import { BytesPool } from '../../../runtime/core/bytes-pool.ts';
import { ProgressPool } from '../../../runtime/core/progress.ts';
import { batchLayout } from '../../../runtime/protocol/records/batch-header.ts';
import { type BatchToWrite, writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';

const pool = new ProgressPool();
const memory = new BytesPool();

/** `count` records from `baseOffset` on; @param lastDelta where compaction took records away at the end */
function batch(
  baseOffset: number,
  count: number,
  changes: Partial<BatchToWrite> & { lastDelta?: number } = {},
): Buffer {
  const { lastDelta, ...fields } = changes;
  const records = Array.from({ length: count }, (_, i) => ({
    key: null,
    value: Buffer.from(`value ${baseOffset + i}`),
    headers: [],
    timestamp: 0,
  }));
  const bytes = writeBatch({ records, baseOffset, ...fields });
  if (lastDelta !== undefined) bytes.writeInt32BE(lastDelta, batchLayout.lastOffsetDelta);
  return bytes;
}

function marker(baseOffset: number, producerId: number, type: 'abort' | 'commit' | 'unknown'): Buffer {
  const key = Buffer.from([0, 0, 0, { abort: 0, commit: 1, unknown: 9 }[type]]);
  const records = [{ key, value: Buffer.alloc(6), headers: [], timestamp: 0 }];
  return writeBatch({ records, baseOffset, producerId, producerEpoch: 0, transactional: true, control: true });
}

const inTransaction = (baseOffset: number, count: number, producerId: number): Buffer =>
  batch(baseOffset, count, { producerId, producerEpoch: 0, transactional: true });

function split(position: number, batches: readonly Buffer[], aborted: FetchedPartition['aborted'] = []) {
  const records = Buffer.concat(batches);
  const result = splitRecords({ topic: 't', partition: 0, epoch: 5, position, records, aborted }, pool, memory);
  return {
    position: result.position,
    sets: result.sets,
    ranges: result.sets.map((set) => [set.firstOffset, set.lastOffset, set.recordCount]),
  };
}

test('whole batches become one set with memory of its own', () => {
  const batches = [batch(10, 5), batch(15, 3)];
  const { sets, ranges, position } = split(10, batches);
  expect(ranges).toEqual([[10, 17, 8]]);
  expect(position).toBe(18);
  expect(Buffer.from(sets[0]!.bytes)).toEqual(Buffer.concat(batches));
  expect(sets[0]!.byteLength).toBe(sets[0]!.bytes.byteLength);
  expect(sets[0]).toMatchObject({ topic: 't', partition: 0, epoch: 5 });
  expect(sets[0]!.progress.deltas).toBe(8);
});

test('in memory that an earlier set was in, a set ends with its own batches', () => {
  const value = Buffer.alloc(100_000);
  const large = batch(0, 1, { records: [{ key: null, value, headers: [], timestamp: 0 }] });
  const used = memory.take(large.length);
  new Uint8Array(used).fill(0xff);
  memory.give(used);
  const { bytes, byteLength } = split(0, [large]).sets[0]!;
  expect(bytes).toBe(used);
  expect(byteLength).toBe(large.length);
  expect(Buffer.from(bytes, 0, byteLength).equals(large)).toBe(true);
});

test('every set has another id', () => {
  const ids = [split(0, [batch(0, 1)]), split(0, [batch(0, 1)])].map(({ sets }) => sets[0]!.id);
  expect(ids[1]).toBeGreaterThan(ids[0]!);
});

test('nothing becomes nothing', () => {
  expect(split(7, [])).toEqual({ position: 7, sets: [], ranges: [] });
});

test('a cut batch at the end comes again', () => {
  const second = batch(5, 5);
  for (const length of [1, 11, 12, 40, 61, second.length - 1]) {
    const { ranges, position } = split(0, [batch(0, 5), second.subarray(0, length)]);
    expect(ranges).toEqual([[0, 4, 5]]);
    expect(position).toBe(5);
  }
});

test('the first batch may begin below the position, or end there', () => {
  expect(split(13, [batch(10, 5)]).ranges).toEqual([[13, 14, 5]]);
  expect(split(13, [batch(10, 3), batch(13, 2)]).ranges).toEqual([[13, 14, 2]]);
});

test('gaps belong to the set that they are in, and not to the one that they come before', () => {
  expect(split(0, [batch(1_000_000, 5), batch(1_000_010, 5)]).ranges).toEqual([[1_000_000, 1_000_014, 10]]);
  expect(split(0, [batch(0, 2, { lastDelta: 9 }), batch(10, 1)])).toMatchObject({ ranges: [[0, 10, 3]], position: 11 });
});

test('control batches are left out and passed', () => {
  const { sets, ranges, position } = split(0, [inTransaction(0, 2, 7), marker(2, 7, 'commit'), batch(3, 1)]);
  expect(ranges).toEqual([[0, 3, 3]]);
  expect(Buffer.from(sets[0]!.bytes)).toEqual(Buffer.concat([inTransaction(0, 2, 7), batch(3, 1)]));
  expect(position).toBe(4);
});

test('a stretch of which nothing is left makes a set without bytes', () => {
  const { sets, ranges, position } = split(4, [marker(4, 7, 'commit'), marker(5, 8, 'commit')]);
  expect(ranges).toEqual([[5, 5, 0]]);
  expect(sets[0]!.byteLength).toBe(0);
  expect(position).toBe(6);
});

test('what is left out at the end goes with the last set', () => {
  expect(split(0, [batch(0, 2), marker(2, 7, 'commit')]).ranges).toEqual([[0, 2, 2]]);
});

test('what is left out at the front needs no set', () => {
  expect(split(0, [marker(0, 7, 'commit'), batch(1, 2)]).ranges).toEqual([[1, 2, 2]]);
});

test('aborted transactions are taken out, one by one', () => {
  const batches = [
    inTransaction(0, 2, 7), // aborted
    inTransaction(2, 1, 8), // of another producer, committed
    batch(3, 1), // no transaction
    marker(4, 7, 'abort'),
    inTransaction(5, 2, 7), // the next transaction of the producer, committed
    marker(7, 7, 'commit'),
    marker(8, 8, 'commit'),
    inTransaction(9, 1, 7), // aborted again
    marker(10, 7, 'abort'),
  ];
  const aborted = [
    { producerId: 7, firstOffset: 9 },
    { producerId: 7, firstOffset: 0 },
  ];
  const { sets, position } = split(0, batches, aborted);
  expect(Buffer.from(sets[0]!.bytes)).toEqual(Buffer.concat([batches[1]!, batches[2]!, batches[4]!]));
  expect([sets[0]!.firstOffset, sets[0]!.lastOffset, sets[0]!.recordCount]).toEqual([2, 10, 4]);
  expect(position).toBe(11);
});

test('B6: a second abort marker and one of an unknown kind are passed over', () => {
  const markers = [marker(2, 7, 'unknown'), marker(3, 7, 'abort'), marker(4, 7, 'abort'), marker(5, 7, 'unknown')];
  const batches = [inTransaction(0, 2, 7), ...markers, inTransaction(6, 2, 7), marker(8, 7, 'commit')];
  const { sets, position } = split(0, batches, [{ producerId: 7, firstOffset: 0 }]);
  expect(sets.map(({ byteLength }) => byteLength)).toEqual([inTransaction(6, 2, 7).length]);
  expect(position).toBe(9);
});

test('an aborted transaction may have begun in an earlier response', () => {
  const { ranges } = split(
    100,
    [inTransaction(100, 5, 7), marker(105, 7, 'abort'), inTransaction(106, 1, 7)],
    [{ producerId: 7, firstOffset: 3 }],
  );
  expect(ranges).toEqual([[106, 106, 1]]);
});

test('records of no transaction are never taken out, even of a producer that aborted one', () => {
  const plain = batch(0, 1, { producerId: 7, producerEpoch: 0 });
  expect(split(0, [plain], [{ producerId: 7, firstOffset: 0 }]).ranges).toEqual([[0, 0, 1]]);
});

test('a set ends before its bitmaps would pass 65,536 deltas', () => {
  const { ranges } = split(0, [batch(0, 1), batch(65_535, 1), batch(65_536, 1)]);
  expect(ranges).toEqual([
    [0, 65_535, 2],
    [65_536, 65_536, 1],
  ]);
});

test('a batch that is wider than that goes alone', () => {
  const { ranges } = split(0, [batch(0, 1), batch(1, 1, { lastDelta: 200_000 }), batch(200_002, 1)]);
  expect(ranges).toEqual([
    [0, 0, 1],
    [1, 200_001, 1],
    [200_002, 200_002, 1],
  ]);
});

test('a set ends before it passes one mebibyte, and the offsets go on without a gap', () => {
  const value = Buffer.alloc(300_000);
  const big = (baseOffset: number): Buffer =>
    writeBatch({ baseOffset, records: [{ key: null, value, headers: [], timestamp: 0 }] });
  const { ranges } = split(0, [big(0), big(1), big(2), big(3), big(4)]);
  expect(ranges).toEqual([
    [0, 2, 3],
    [3, 4, 2],
  ]);
});

test('bytes of an older format are refused', () => {
  const old = batch(0, 1);
  old.writeInt8(1, batchLayout.magic);
  expect(() => split(0, [old])).toThrow(/record format 1/);
});

test('what lies at or behind the end is left out, in the middle of a batch too', () => {
  const cut = (end: number, batches: readonly Buffer[]) => {
    const records = Buffer.concat(batches);
    const result = splitRecords(
      { topic: 't', partition: 0, epoch: 5, position: 10, end, records, aborted: [] },
      pool,
      memory,
    );
    return { position: result.position, ranges: result.sets.map((set) => [set.firstOffset, set.lastOffset]) };
  };
  expect(cut(13, [batch(10, 5), batch(15, 3)])).toEqual({ position: 13, ranges: [[10, 12]] });
  expect(cut(15, [batch(10, 5), batch(15, 3)])).toEqual({ position: 15, ranges: [[10, 14]] });
  expect(cut(100, [batch(10, 5), batch(15, 3)])).toEqual({ position: 18, ranges: [[10, 17]] });
  expect(cut(12, [marker(10, 7, 'commit'), marker(11, 7, 'commit'), marker(12, 7, 'commit')])).toEqual({
    position: 12,
    ranges: [[11, 11]],
  });
});
