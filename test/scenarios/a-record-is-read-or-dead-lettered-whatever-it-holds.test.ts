// The rows R1 to R5, R7, R9 to R12, R21 and R22 of the bad input table: every odd record is either handled as it is, or it
// is a dead letter with its bytes untouched and a reason; none stops its partition.
// Rows S-57, P-31.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RawHeader } from '../../runtime/core/thread-messages.ts';
import { type StoredRecord, startTestRuntime, type TestRuntime } from '../../runtime/testing/index.ts';
import { quick } from './support/quick.ts';

interface OddRecord {
  readonly row: string;
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly type?: string;
  readonly headers?: readonly RawHeader[];
  /** What the handler saw. */
  readonly seen?: object;
  /** Or what its dead letter says. */
  readonly reason?: string;
  readonly error?: string;
  readonly message?: string | RegExp;
  readonly calls?: number;
}

const undecodable = { reason: 'deserialization_error', error: 'DecodeError', calls: 1 };
const tried = { reason: 'max_retries_exceeded', calls: 2 };
const thousandHeaders = Array.from({ length: 1_000 }, (_, nr): RawHeader => [`h${nr % 7}`, Buffer.from(String(nr))]);

const rows: readonly OddRecord[] = [
  { row: 'R1 null key', key: null, seen: { key: null } },
  { row: 'R2 empty key', key: Buffer.alloc(0), seen: { key: '' } },
  { row: 'R2 empty key, dead letter', key: Buffer.alloc(0), value: Buffer.alloc(0), ...undecodable },
  { row: 'R2 null key, dead letter', key: null, value: Buffer.alloc(0), ...undecodable },
  { row: 'R3 tombstone', value: null, seen: { data: null, tombstone: true, valueLength: null } },
  { row: 'R3 the text null is no tombstone', value: text('null'), seen: { data: null, tombstone: false } },
  { row: 'R4 empty value', value: Buffer.alloc(0), ...undecodable, message: /empty/ },
  { row: 'R5 no JSON', value: text('hello'), ...undecodable, message: /position 0/ },
  { row: 'R5 truncated JSON', value: text('{"a": [1, 2'), ...undecodable, message: /position 11/ },
  { row: 'R5 trailing garbage', value: text('{"a": 1} x'), ...undecodable, message: /position 9/ },
  { row: 'R5 NaN', value: text('{"a": NaN}'), ...undecodable, message: /position 6/ },
  { row: 'R5 byte order mark', value: text('\ufeff{"a": 1}'), ...undecodable, message: /byte order mark/ },
  {
    row: 'R7 deep',
    value: text('['.repeat(100_000) + ']'.repeat(100_000)),
    ...undecodable,
    message: /deeper than 200/,
  },
  {
    row: 'R9 keys of prototypes',
    value: text('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}'),
    seen: { keys: ['__proto__', 'constructor'], polluted: false },
  },
  {
    row: 'R11 names of headers in any script, with NUL and marks of direction',
    headers: ['\0', '🦉', '\u202eabc', 'e\u0301', '\ufeff', ''].map((name): RawHeader => [name, text(name)]),
    value: text('?'),
    ...undecodable,
  },
  { row: 'R10 invalid UTF-8 in the value', value: Buffer.of(0x22, 0xff, 0x22), ...undecodable, message: /UTF-8/ },
  { row: 'R10 invalid UTF-8 in the key', key: Buffer.of(0xff, 0xfe), ...undecodable, message: /key.*UTF-8/ },
  {
    row: 'R12 binary, empty, null and repeated headers',
    headers: [
      ['a', Buffer.of(0, 255)],
      ['b', Buffer.alloc(0)],
      ['a', null],
      ['a', Buffer.of(1)],
    ],
    value: text('?'),
    ...undecodable,
  },
  { row: 'R12 1,000 headers', headers: thousandHeaders, seen: { headers: 1_001 } },
  { row: 'R12 1,000 headers, dead letter', headers: thousandHeaders, value: text('?'), ...undecodable },
  { row: 'R12 a header of 64 KiB', headers: [['long', Buffer.alloc(65_536, 7)]], value: text('?'), ...undecodable },
  { row: 'R21 undefined', type: 'throw:undefined', ...tried, error: 'undefined', message: 'undefined' },
  { row: 'R21 a string', type: 'throw:string', ...tried, error: 'string', message: 'just text' },
  { row: 'R21 a number', type: 'throw:number', ...tried, error: 'number', message: '42' },
  { row: 'R21 a cyclic cause', type: 'throw:cyclicCause', ...tried, error: 'OwnError', message: 'bites its tail' },
  { row: 'R21 a throwing getter', type: 'throw:throwingGetter', ...tried, error: 'OwnError' },
  { row: 'R21 10 MB', type: 'throw:tenMegabytes', ...tried, error: 'OwnError', message: 'x'.repeat(1_000) },
  { row: 'R21 frozen', type: 'throw:frozen', ...tried, error: 'OwnError', message: 'cold' },
  { row: 'R21 a proxy', type: 'throw:proxy', ...tried, error: 'Error' },
  { row: 'R21 DOMException', type: 'throw:domException', ...tried, error: 'AbortError', message: 'gone' },
  { row: 'R21 not cloneable', type: 'throw:uncloneable', ...tried, error: 'OwnError', message: 'holds a function' },
  { row: 'R22 returns a function', type: 'return:function' },
  { row: 'R22 returns a symbol', type: 'return:symbol' },
  { row: 'R22 returns much', type: 'return:huge' },
  { row: 'R22 resolves with a proxy', type: 'return:promiseOfProxy' },
];

const handlers = join(import.meta.dirname, '..', 'fixtures', 'handlers', 'odd-records.ts');

describe('a record is read or dead-lettered, whatever it holds', () => {
  const close: (() => Promise<void>)[] = [];
  let rt: TestRuntime;
  let letters: readonly StoredRecord[];
  let sent: readonly { readonly key: Buffer | null; readonly value: Buffer | null; readonly headers: RawHeader[] }[];

  // All rows through one partition, one after the other: each one is also behind the one before it.
  beforeAll(async () => {
    rt = await startTestRuntime(
      { onTestFinished: (end) => void close.unshift(end) },
      {
        topics: { orders: { partitions: 1 } },
        group: {
          ...quick,
          name: 'billing',
          concurrency: { workers: 1, order: 'partition' },
          retry: { ...quick.retry, maxRetries: 1 },
        },
        handlers,
      },
    );
    sent = rows.map(({ key = text('key'), value = text('{"a":1}'), type = 'read', headers = [] }) => ({
      key,
      value,
      headers: [['event_type', text(type)], ...headers],
    }));
    await rt.publish('orders', sent);
    await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === BigInt(rows.length));
    letters = await rt.deadLetters('orders');
  });
  afterAll(async () => {
    for (const end of close) await end();
  });

  test.each(rows.map((row, offset) => ({ ...row, offset })))('$row', ({ offset, seen, reason, error, ...row }) => {
    const letter = letters.find(({ headers }) => headerOf(headers, 'dlq_original_offset') === String(offset));
    const logged = rt.events('handler.log').find(({ line }) => line.fields.offset === offset);
    const calls = 1 + rt.events('record.retried').filter((event) => event.offset === offset).length;
    if (seen !== undefined) expect(logged?.line.fields.seen).toMatchObject(seen);
    if (reason === undefined) return expect(letter).toBeUndefined();

    expect({ key: letter?.key, value: letter?.value }).toEqual({ key: sent[offset]!.key, value: sent[offset]!.value });
    expect(letter?.headers.slice(0, sent[offset]!.headers.length)).toEqual(sent[offset]!.headers);
    expect(headerOf(letter!.headers, 'dlq_reason')).toBe(reason);
    if (error !== undefined) expect(headerOf(letter!.headers, 'dlq_error_type')).toBe(error);
    const message = headerOf(letter!.headers, 'dlq_error_message');
    if (row.message instanceof RegExp) expect(message).toMatch(row.message);
    else if (row.message !== undefined) expect(message).toBe(row.message);
    expect(calls).toBe(row.calls);
  });

  test('no thread died of it', () => {
    expect(rt.count('thread.died')).toBe(0);
    expect(letters).toHaveLength(rows.filter(({ reason }) => reason !== undefined).length);
  });
});

function text(value: string): Buffer {
  return Buffer.from(value);
}

function headerOf(headers: readonly RawHeader[], wanted: string): string | undefined {
  return headers.find(([name]) => name === wanted)?.[1]?.toString();
}
