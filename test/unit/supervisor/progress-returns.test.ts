import { expect, test } from 'vitest';
import { type Progress, ProgressPool } from '../../../runtime/core/progress.ts';
import { ProgressReturns } from '../../../runtime/supervisor/progress-returns.ts';

test('memory goes back to the pool when both have let go of it, and only once', () => {
  const given: Progress[] = [];
  class WatchedPool extends ProgressPool {
    override give(progress: Progress): void {
      given.push(progress);
      super.give(progress);
    }
  }
  const pool = new WatchedPool();
  const { letGo } = new ProgressReturns(pool);
  const [first, second] = [pool.take(10), pool.take(10)];
  letGo(first);
  letGo(second);
  expect(given).toEqual([]);
  letGo(second);
  expect(given).toEqual([second]);
  letGo(first);
  expect(given).toEqual([second, first]);
});
