import { expect, test } from 'vitest';
import { KeylessPartitions, murmur2, partitionOfKey } from '../../../runtime/publisher/murmur2.ts';

// Values of Kafka's own test for its Java client.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is that of the Java client', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

test('a key goes where the Java client puts it', () => {
  expect(partitionOfKey(Buffer.from('order-1'), 12)).toBe(10);
});

test('an empty key is a key', () => {
  expect(partitionOfKey(Buffer.alloc(0), 5)).toBe((murmur2(Buffer.alloc(0)) & 0x7fffffff) % 5);
});

test('records without a key go round the partitions, those of one call together', () => {
  const keyless = new KeylessPartitions();
  const seen = Array.from({ length: 4 }, () => {
    keyless.next();
    return [keyless.partition(3), keyless.partition(3)];
  });
  expect(seen).toEqual([
    [1, 1],
    [2, 2],
    [0, 0],
    [1, 1],
  ]);
});
