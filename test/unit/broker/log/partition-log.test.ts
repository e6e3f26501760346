import { expect, test } from 'vitest';
import { PartitionLog } from '../../../../runtime/broker/log/partition-log.ts';
import { firstAtOrAfter, latestByTime } from '../../../../runtime/broker/log/time-lookup.ts';
import { type BatchHeader, readBatchHeader } from '../../../../runtime/protocol/records/batch-header.ts';
import { writeBatch } from '../../../../runtime/protocol/records/batch-writer.ts';
import { checkCrc } from '../../../../runtime/protocol/records/crc32c.ts';

const batch = (...timestamps: readonly number[]): Buffer =>
  writeBatch({
    records: timestamps.map((timestamp) => ({
      key: null,
      value: Buffer.from('v'.repeat(100)),
      headers: [],
      timestamp,
    })),
  });

function headersOf(records: Buffer): readonly BatchHeader[] {
  const headers: BatchHeader[] = [];
  for (let at = 0; at < records.length; ) {
    const header = readBatchHeader(records, at)!;
    checkCrc(records, at, header);
    headers.push(header);
    at += header.length;
  }
  return headers;
}

function filled(batches: number, recordsEach = 2): PartitionLog {
  const log = new PartitionLog(null);
  for (let i = 0; i < batches; i++) log.append(batch(...Array.from({ length: recordsEach }, () => i)), 0);
  return log;
}

test('batches get offsets one behind the other, and their checksums stay true', () => {
  const log = filled(3);
  const headers = headersOf(log.read(0, Infinity, 1e6, true));
  expect(headers.map((h) => [h.baseOffset, h.lastOffset])).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  expect(log.nextOffset).toBe(6);
});

test('a read begins with the batch that holds the offset', () => {
  const log = filled(3);
  expect(headersOf(log.read(3, Infinity, 1e6, true)).map((h) => h.baseOffset)).toEqual([2, 4]);
  expect(log.read(6, Infinity, 1e6, true)).toHaveLength(0);
});

test('a read gives whole batches within the limit, and the first one whatever its size', () => {
  const log = filled(3);
  const size = log.read(0, 2, 1e6, true).length;
  expect(headersOf(log.read(0, Infinity, size * 2 + 1, true))).toHaveLength(2);
  expect(headersOf(log.read(0, Infinity, 1, true))).toHaveLength(1);
  expect(log.read(0, Infinity, 1, false)).toHaveLength(0);
});

test('a read stops below the end it was given', () => {
  const log = filled(3);
  expect(headersOf(log.read(0, 5, 1e6, true)).map((h) => h.baseOffset)).toEqual([0, 2]);
});

test('a log that spans many segments is read to its end, batch by batch', () => {
  const log = filled(2_000, 3);
  const seen: number[] = [];
  for (let offset = 0; offset < log.nextOffset; ) {
    const headers = headersOf(log.read(offset, Infinity, 10_000, true));
    seen.push(...headers.map((h) => h.baseOffset));
    offset = headers.at(-1)!.lastOffset + 1;
  }
  expect(seen).toEqual(Array.from({ length: 2_000 }, (_, i) => i * 3));
});

test('what lies below a raised log start is forgotten', () => {
  const log = filled(2_000);
  const before = log.byteLength;
  log.advanceLogStart(3_500);
  expect(log.logStart).toBe(3_500);
  expect(log.byteLength).toBeLessThan(before);
  expect(headersOf(log.read(3_500, Infinity, 1, true))[0]?.baseOffset).toBe(3_500);
  log.advanceLogStart(10);
  expect(log.logStart).toBe(3_500);
});

test('a failing store leaves the log as it was', () => {
  const faults: Error[] = [];
  const store = {
    append: (): void => {
      const fault = faults.shift();
      if (fault) throw fault;
    },
  };
  const log = new PartitionLog(store);
  log.append(batch(1), 0);
  faults.push(new Error('ENOSPC'));
  expect(() => log.append(batch(2), 0)).toThrow('ENOSPC');
  log.append(batch(3, 3), 0);
  expect(headersOf(log.read(0, Infinity, 1e6, true)).map((h) => [h.baseOffset, h.recordCount])).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

test('offsets are found by time, exact to the record', () => {
  const log = new PartitionLog(null);
  log.append(batch(100, 200, 300), 0);
  log.append(batch(250, 400), 0);
  expect(firstAtOrAfter(log, 150)).toEqual({ offset: 1, timestamp: 200 });
  expect(firstAtOrAfter(log, 301)).toEqual({ offset: 4, timestamp: 400 });
  expect(firstAtOrAfter(log, 401)).toBeNull();
  expect(latestByTime(log)).toEqual({ offset: 4, timestamp: 400 });
  log.advanceLogStart(2);
  expect(firstAtOrAfter(log, 150)).toEqual({ offset: 2, timestamp: 300 });
});
