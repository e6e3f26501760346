// Memory of record sets goes round: what came back carries the next set, as long as it fits and there is not too much.
import { expect, test } from 'vitest';
import { BytesPool } from '../../../runtime/core/bytes-pool.ts';

const kib = 1024;

test('memory that came back is taken again, for a set that fits and fills half of it', () => {
  const pool = new BytesPool();
  const bytes = pool.take(500 * kib);
  expect(bytes.byteLength).toBeGreaterThanOrEqual(500 * kib);
  pool.give(bytes);
  expect(pool.take(600 * kib)).not.toBe(bytes);
  expect(pool.take(190 * kib)).not.toBe(bytes);
  expect(pool.take(450 * kib)).toBe(bytes);
  expect(pool.take(450 * kib)).not.toBe(bytes);
});

test('a small set takes no more than it needs, and neither it nor a rare large one is kept', () => {
  const pool = new BytesPool();
  for (const byteLength of [0, 100, 5000 * kib]) {
    const bytes = pool.take(byteLength);
    expect(bytes.byteLength).toBe(byteLength);
    pool.give(bytes);
    expect(pool.take(byteLength)).not.toBe(bytes);
  }
});

test('32 MiB are kept, and no more', () => {
  const pool = new BytesPool();
  const taken = Array.from({ length: 40 }, () => pool.take(1024 * kib));
  for (const bytes of taken) pool.give(bytes);
  const again = new Set(Array.from({ length: 40 }, () => pool.take(1024 * kib)));
  expect(taken.filter((bytes) => again.has(bytes))).toHaveLength(32);
});
