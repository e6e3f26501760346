import { expect, test } from 'vitest';
import { runningShare } from '../../../runtime/dispatch/thread-start.ts';

test.each([
  { max: 64, workers: 1, shares: [64] },
  { max: 10, workers: 4, shares: [3, 3, 2, 2] },
  { max: 2, workers: 2, shares: [1, 1] },
])('$max handlers over $workers threads', ({ max, workers, shares }) => {
  expect(shares.map((_, index) => runningShare({ max, workers }, index))).toEqual(shares);
});
