// Row S-34.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** What Kafka's Java client answered: `scripts/real/record-partitions.ts`. */
interface Golden {
  readonly partitionCounts: readonly number[];
  readonly keys: readonly { readonly key: string; readonly hash: number; readonly partitions: readonly number[] }[];
}

test('every recorded key goes where the Java client puts it, whatever the number of partitions', () => {
  const file = join(import.meta.dirname, '../../golden/java-partitions.json');
  const golden: Golden = JSON.parse(readFileSync(file, 'utf8'));
  expect(golden.keys.length).toBeGreaterThan(300);
  for (const { key, hash, partitions } of golden.keys) {
    const bytes = Buffer.from(key, 'hex');
    const ours = golden.partitionCounts.map((count) => partitionOfKey(bytes, count));
    expect({ key, hash: murmur2(bytes), partitions: ours }).toEqual({ key, hash, partitions });
  }
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
