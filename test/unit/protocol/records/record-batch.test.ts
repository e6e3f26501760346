import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RawHeader } from '../../../../runtime/core/thread-messages.ts';
import { ProtocolError } from '../../../../runtime/protocol/reader.ts';
import { batchLayout, codecs, readBatchHeader } from '../../../../runtime/protocol/records/batch-header.ts';
import { type RecordToWrite, writeBatch } from '../../../../runtime/protocol/records/batch-writer.ts';
import { controlType, decodeBatch, type RecordBatch } from '../../../../runtime/protocol/records/record-batch.ts';

const require = createRequire(import.meta.url);
const limit = 1 << 20;

function decode(bytes: Buffer, at = 0): RecordBatch {
  const header = readBatchHeader(bytes, at);
  if (header === null) throw new Error('the batch is cut');
  return decodeBatch(bytes, at, header, limit);
}

function recordsOf(batch: RecordBatch): readonly RecordToWrite[] {
  return Array.from({ length: batch.count }, (_, i) => ({
    key: plain(batch.keyAt(i)),
    value: plain(batch.valueAt(i)),
    headers: batch.headersAt(i).map(([name, value]): RawHeader => [name, plain(value)]),
    timestamp: batch.timestampAt(i),
    offsetDelta: batch.offsetAt(i) - batch.header.baseOffset,
  }));
}

function plain(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : new Uint8Array(bytes);
}

const anyBytes = fc.option(fc.uint8Array({ maxLength: 300 }), { nil: null });
const anyRecord = fc.record({
  key: anyBytes,
  value: anyBytes,
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme', maxLength: 8 }), anyBytes), { maxLength: 5 }),
  timestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  gap: fc.nat(3),
});
const anyRecords = fc.array(anyRecord, { minLength: 1, maxLength: 40 }).map((records) => {
  let next = 0;
  return records.map(({ gap, ...record }): RecordToWrite => {
    const offsetDelta = next + gap;
    next = offsetDelta + 1;
    return { ...record, offsetDelta };
  });
});

test.each(codecs)('what was written with %s reads back the same', (codec) => {
  fc.assert(
    fc.property(anyRecords, fc.nat(2 ** 50), (records, baseOffset) => {
      const batch = decode(writeBatch({ records, baseOffset, codec }));
      expect(recordsOf(batch)).toEqual(records);
      expect(batch.header.codec).toBe(codec);
      expect(batch.header.lastOffset).toBe(baseOffset + records.at(-1)!.offsetDelta!);
      expect(batch.header.maxTimestamp).toBe(Math.max(...records.map((r) => r.timestamp)));
    }),
    { numRuns: 60 },
  );
});

test('a record may be large, and stand behind another batch', () => {
  const value = Buffer.alloc(300_000, 'x');
  const first = writeBatch({ records: [{ key: null, value: null, headers: [], timestamp: 5 }], baseOffset: 7 });
  const second = writeBatch({
    records: [{ key: null, value, headers: [], timestamp: 5 }],
    baseOffset: 8,
    codec: 'lz4',
  });
  const batch = decode(Buffer.concat([first, second]), first.length);
  expect(batch.offsetAt(0)).toBe(8);
  expect(batch.valueAt(0)).toEqual(value);
});

test('every field of the header keeps its place', () => {
  const bytes = writeBatch({
    records: [{ key: null, value: null, headers: [], timestamp: 1_700_000_000_123 }],
    baseOffset: 2 ** 45 + 3,
    producerId: 2 ** 40 + 1,
    producerEpoch: 12,
    baseSequence: 99,
    partitionLeaderEpoch: 4,
    transactional: true,
    control: true,
  });
  expect(readBatchHeader(bytes, 0)).toMatchObject({
    baseOffset: 2 ** 45 + 3,
    length: bytes.length,
    partitionLeaderEpoch: 4,
    magic: 2,
    lastOffsetDelta: 0,
    baseTimestamp: 1_700_000_000_123,
    maxTimestamp: 1_700_000_000_123,
    producerId: 2 ** 40 + 1,
    producerEpoch: 12,
    baseSequence: 99,
    recordCount: 1,
    transactional: true,
    control: true,
    timestampType: 'create',
    codec: 'none',
  });
});

test('headerAt finds the first of a name and tells null from missing', () => {
  const headers: RawHeader[] = [
    ['event', Buffer.from('x')],
    ['event_type', null],
    ['event_type', Buffer.from('B')],
  ];
  const batch = decode(writeBatch({ records: [{ key: null, value: null, headers, timestamp: 0 }] }));
  expect(batch.headerAt(0, Buffer.from('event_type'))).toBeNull();
  expect(batch.headerAt(0, Buffer.from('event'))?.toString()).toBe('x');
  expect(batch.headerAt(0, Buffer.from('even'))).toBeUndefined();
});

test.each<[string, readonly RawHeader[], string]>([
  [
    'the first of its name',
    [
      ['h', Buffer.from('x')],
      ['type', Buffer.from('A')],
      ['type', Buffer.from('B')],
    ],
    'A',
  ],
  [
    'empty when the first is null',
    [
      ['type', null],
      ['type', Buffer.from('B')],
    ],
    '',
  ],
  [
    'empty when there is none',
    [
      ['types', Buffer.from('A')],
      ['typ', Buffer.from('A')],
      ['epyt', Buffer.from('A')],
    ],
    '',
  ],
  [
    'as long as it likes',
    [
      ['long', Buffer.alloc(300)],
      ['type', Buffer.alloc(100, 'A')],
    ],
    'A'.repeat(100),
  ],
])('the noted header is %s', (_, headers, expected) => {
  const bytes = writeBatch({ records: [{ key: Buffer.from('type'), value: null, headers, timestamp: 0 }] });
  const batch = decodeBatch(bytes, 0, readBatchHeader(bytes, 0)!, limit, Buffer.from('type'));
  expect(batch.notedAt(0).toString()).toBe(expected);
  expect(batch.notedEquals(0, Buffer.from(expected))).toBe(true);
  for (const other of ['', 'A', 'B', 'AA', 'A'.repeat(99), 'A'.repeat(101)]) {
    expect(batch.notedEquals(0, Buffer.from(other))).toBe(other === expected);
  }
});

test('log append time is the time of every record', () => {
  const bytes = writeBatch({ records: [{ key: null, value: null, headers: [], timestamp: 5 }] });
  const header = readBatchHeader(bytes, 0)!;
  const stamped = { ...header, attributes: header.attributes | 0b1000, maxTimestamp: 77 };
  const batch = decodeBatch(bytes, 0, Object.assign(Object.create(Object.getPrototypeOf(header)), stamped), limit);
  expect(batch.timestampAt(0)).toBe(77);
});

test('a control record says commit or abort', () => {
  expect(controlType(Buffer.from([0, 0, 0, 0]))).toBe('abort');
  expect(controlType(Buffer.from([0, 0, 0, 1]))).toBe('commit');
  expect(controlType(Buffer.from([0, 0, 0, 2]))).toBe('other');
  expect(controlType(null)).toBe('other');
});

describe('a batch of another encoder', () => {
  const { RecordBatch: encodeBatch } = require('kafkajs/src/protocol/recordBatch/v0');
  const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0');

  // kafkajs has no other codecs of its own.
  test.each([
    ['none', 0],
    ['gzip', 1],
  ])('kafkajs with %s', async (codec, compression) => {
    const timestamp = 1_700_000_000_000;
    const records = Array.from({ length: 500 }, (_, i) =>
      encodeRecord({
        offsetDelta: i,
        timestampDelta: i * 1000,
        key: i % 7 === 0 ? null : `key-${i}`,
        value: i % 11 === 0 ? null : Buffer.from(`value ${'é'.repeat(i)}`),
        headers: { event_type: 'OrderPlaced', many: ['1', '2'], empty: '' },
      }),
    );
    const { buffer } = await encodeBatch({
      compression,
      firstTimestamp: timestamp,
      maxTimestamp: timestamp + 499_000,
      lastOffsetDelta: 499,
      records,
    });
    const batch = decode(buffer);
    expect(batch.header.codec).toBe(codec);
    for (let i = 0; i < 500; i++) {
      expect(batch.offsetAt(i)).toBe(i);
      expect(batch.timestampAt(i)).toBe(timestamp + i * 1000);
      expect(batch.keyAt(i)?.toString() ?? null).toBe(i % 7 === 0 ? null : `key-${i}`);
      expect(batch.valueAt(i)?.toString() ?? null).toBe(i % 11 === 0 ? null : `value ${'é'.repeat(i)}`);
      expect(batch.headersAt(i).map(([name, value]) => [name, value?.toString()])).toEqual([
        ['event_type', 'OrderPlaced'],
        ['many', '1'],
        ['many', '2'],
        ['empty', ''],
      ]);
    }
  });
});

describe('bytes that are no batch', () => {
  test('a cut batch is null, whatever the cut', () => {
    const bytes = writeBatch({ records: [{ key: null, value: Buffer.from('v'), headers: [], timestamp: 0 }] });
    for (let length = 0; length < bytes.length; length++)
      expect(readBatchHeader(bytes.subarray(0, length), 0)).toBeNull();
  });

  test.each([
    ['a negative length', (b: Buffer) => b.writeInt32BE(-1, 8)],
    ['a length below the header', (b: Buffer) => b.writeInt32BE(48, 8)],
    ['an older format', (b: Buffer) => b.writeInt8(1, 16)],
    ['a negative base offset', (b: Buffer) => b.writeBigInt64BE(-1n, 0)],
    ['a negative count', (b: Buffer) => b.writeInt32BE(-1, 57)],
    ['a negative last offset', (b: Buffer) => b.writeInt32BE(-1, 23)],
  ])('%s is refused', (_, spoil) => {
    const bytes = writeBatch({ records: [{ key: null, value: Buffer.from('v'), headers: [], timestamp: 0 }] });
    spoil(bytes);
    expect(() => readBatchHeader(bytes, 0)).toThrow(ProtocolError);
  });

  test('a changed byte is found by the checksum', () => {
    const bytes = writeBatch({ records: [{ key: null, value: Buffer.from('value'), headers: [], timestamp: 0 }] });
    bytes[bytes.length - 3]! ^= 1;
    expect(() => decode(bytes)).toThrow(/checksum/);
  });

  test.each(codecs)('%s: random changes behind a right checksum end in ProtocolError or in records', async (codec) => {
    const { crc32c } = await import('../../../../runtime/protocol/records/crc32c.ts');
    const records = Array.from({ length: 20 }, (_, i) => ({
      key: Buffer.from(`k${i}`),
      value: Buffer.alloc(i * 3, 'v'),
      headers: [['h', Buffer.from('x')] as const],
      timestamp: i,
    }));
    const original = writeBatch({ records, codec });
    const change = fc.tuple(fc.integer({ min: 21, max: original.length - 1 }), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(original);
        for (const [at, value] of changes) bytes[at] = value;
        bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
        try {
          recordsOf(decode(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['the length of a record', 0, 2],
    ['the length of a key', 4, 2],
    ['the number of headers', 8, 1],
    ['the number of headers', 8, 126],
    ['the length of a header name', 9, 1],
  ])('%s that is not true is found behind a right checksum', async (_, at, change) => {
    const { crc32c } = await import('../../../../runtime/protocol/records/crc32c.ts');
    const headers = [['h', Buffer.from('x')] as const];
    const record = { key: Buffer.from('k'), value: Buffer.from('v'), headers, timestamp: 0 };
    const bytes = writeBatch({ records: [record, record, record] });
    bytes[batchLayout.records + at]! += change;
    bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
    expect(() => decode(bytes)).toThrow(ProtocolError);
  });

  test('a header may claim more records than fit: no memory is taken for them', () => {
    const bytes = writeBatch({ records: [{ key: null, value: Buffer.from('v'), headers: [], timestamp: 0 }] });
    const header = readBatchHeader(bytes, 0)!;
    const lying = Object.assign(Object.create(Object.getPrototypeOf(header)), header, { recordCount: 2 ** 31 - 1 });
    expect(() => decodeBatch(bytes, 0, lying, limit)).toThrow(/claimed/);
  });
});

test('a batch that says it spans more offsets than it can is refused before its checksum is looked at', () => {
  const bytes = writeBatch({ records: [{ key: null, value: null, headers: [], timestamp: 0 }] });
  bytes.writeInt32BE(2 ** 24 - 1, batchLayout.lastOffsetDelta);
  expect(readBatchHeader(bytes, 0)?.lastOffset).toBe(2 ** 24 - 1);
  bytes.writeInt32BE(2 ** 24, batchLayout.lastOffsetDelta);
  expect(() => readBatchHeader(bytes, 0)).toThrow(ProtocolError);
});
