// Row S-65.
import { expect, test } from 'vitest';
import { deadLetter, shortened } from '../../../runtime/outcome/dead-letter.ts';
import { exhaustedReport } from './exhausted-report.ts';

const wallTime = Date.UTC(2026, 10, 21, 1, 4, 38, 508);

function headerTexts(
  headers: readonly (readonly [string, Uint8Array | null])[],
): readonly (readonly [string, string | null])[] {
  return headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value).toString('utf8')] as const);
}

test('key, value and headers are the same bytes in the same order, then come ours', () => {
  const headers = [
    ['event_type', Buffer.from('OrderPlaced')],
    ['x', Buffer.from([0xff, 0x00])],
    ['x', null],
    ['empty', Buffer.alloc(0)],
    ['retry_count', Buffer.from('2')],
  ] as const;
  const key = Buffer.from([0xff, 0xfe]);
  const value = Buffer.from('{"a":1} ');
  const letter = deadLetter(exhaustedReport({ record: { key, value, headers } }), 'orders.dlq', 'billing', wallTime);
  expect(letter.topic).toBe('orders.dlq');
  expect(letter.partition).toBeUndefined();
  expect(letter.key).toBe(key);
  expect(letter.value).toBe(value);
  expect(letter.headers.slice(0, 5)).toEqual(headers);
  expect(headerTexts(letter.headers.slice(5))).toEqual([
    ['dlq_reason', 'max_retries_exceeded'],
    ['dlq_error_type', 'ValueError'],
    ['dlq_error_message', 'no such customer'],
    ['dlq_retry_count', '3'],
    ['dlq_timestamp', '2026-11-21T01:04:38.508000+00:00'],
    ['dlq_original_topic', 'orders'],
    ['dlq_original_partition', '2'],
    ['dlq_original_offset', '41'],
    ['dlq_consumer_group', 'billing'],
  ]);
});

test('our own headers of an earlier round are replaced, never appended to', () => {
  const headers = [
    ['dlq_retry_count', Buffer.from('999')],
    ['keep', Buffer.from('1')],
    ['dlq_truncated', Buffer.from('true')],
    ['dlq_replay_count', Buffer.from('1')],
    ['__proto__', Buffer.from('x')],
  ] as const;
  const letter = deadLetter(
    exhaustedReport({ record: { key: null, value: null, headers } }),
    'orders.dlq',
    'billing',
    wallTime,
  );
  const names = letter.headers.map(([name]) => name);
  expect(names.slice(0, 4)).toEqual(['keep', 'dlq_replay_count', '__proto__', 'dlq_reason']);
  expect(names.filter((name) => name === 'dlq_retry_count')).toHaveLength(1);
  expect(names).not.toContain('dlq_truncated');
});

test('the error message is cut after 1,000 characters, never inside one', () => {
  const error = { ...exhaustedReport().error, message: '😀'.repeat(1_200) };
  const letter = deadLetter(exhaustedReport({ error }), 'orders.dlq', 'billing', wallTime);
  const [, message] = letter.headers.find(([name]) => name === 'dlq_error_message') ?? [];
  expect(Buffer.from(message ?? []).toString('utf8')).toBe('😀'.repeat(1_000));
});

test('a record that was never called has no retries', () => {
  const letter = deadLetter(exhaustedReport({ attempts: 0 }), 'orders.dlq', 'billing', wallTime);
  expect(headerTexts(letter.headers)).toContainEqual(['dlq_retry_count', '0']);
});

test('a letter that is too large loses the value, then the original headers, then the key', () => {
  const full = deadLetter(exhaustedReport(), 'orders.dlq', 'billing', wallTime);
  const noValue = shortened(full)!;
  expect(noValue).toMatchObject({ value: null, key: full.key });
  expect(headerTexts(noValue.headers)).toEqual([...headerTexts(full.headers), ['dlq_truncated', 'true']]);
  const noHeaders = shortened(noValue)!;
  expect(noHeaders.key).toBe(full.key);
  expect(noHeaders.headers.map(([name]) => name)).not.toContain('event_type');
  expect(headerTexts(noHeaders.headers)).toContainEqual(['dlq_original_offset', '41']);
  const noKey = shortened(noHeaders)!;
  expect(noKey.key).toBeNull();
  expect(noKey.headers.filter(([name]) => name === 'dlq_truncated')).toHaveLength(1);
  expect(shortened(noKey)).toBeNull();
});
