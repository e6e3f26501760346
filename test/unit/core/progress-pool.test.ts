import { expect, test } from 'vitest';
import { ProgressPool } from '../../../runtime/core/progress.ts';

test('memory that was given back is used again, but for that of a rare large set', () => {
  const pool = new ProgressPool();
  const small = pool.take(65_536);
  const large = pool.take(1_000_000);
  pool.give(small);
  pool.give(large);
  expect(pool.take(65_536).memory).toBe(small.memory);
  expect(pool.take(1_000_000).memory).not.toBe(large.memory);
});
