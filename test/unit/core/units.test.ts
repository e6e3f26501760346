import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDuration, parseSize } from '../../../runtime/core/units.ts';

test.each([
  ['0ms', 0],
  ['250ms', 250],
  ['30s', 30_000],
  ['5m', 300_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
  ['007s', 7_000],
])('%s is a duration', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  ['1B', 1],
  ['16KiB', 16_384],
  ['1MiB', 1_048_576],
  ['8MB', 8_000_000],
  ['2KB', 2_000],
  ['1GB', 1_000_000_000],
  ['1GiB', 1_073_741_824],
])('%s is a size', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', '5', 's', '-1s', '1.5s', '1e3s', '1 s', ' 1s', '1s ', '1S', '1M', '1min', '1h30m', '1w', '٣s', '1s\n'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeNull();
  },
);

test.each(['', '5', 'MiB', '-1B', '1.5MiB', '1mb', '1kib', '1 KiB', '1KiB\n', '1TB', '1b'])('%j is no size', (text) => {
  expect(parseSize(text)).toBeNull();
});

test('an amount that a number cannot hold exactly is refused, not rounded', () => {
  expect(parseDuration('9007199254740991ms')).toBe(Number.MAX_SAFE_INTEGER);
  expect(parseDuration('9007199254740993ms')).toBeNull();
  expect(parseSize('99999999999999GiB')).toBeNull();
});

test('any text is an exact amount or null', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const amount of [parseDuration(text), parseSize(text)]) expect(amount === null || amount >= 0).toBe(true);
    }),
  );
});
