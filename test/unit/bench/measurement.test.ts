import { expect, test } from 'vitest';
import type { ProcessResult } from '../../../bench/job.ts';
import { combine } from '../../../bench/measurement.ts';

const result = (from: [atMs: number, handled: number], to: [atMs: number, handled: number]): ProcessResult => ({
  from: { atMs: from[0], handled: from[1], cpuSeconds: 1 },
  to: { atMs: to[0], handled: to[1], cpuSeconds: 3 },
  handled: to[1],
  maxRssMiB: 100,
  latency: null,
});

test('the warm-up counts for nothing', () => {
  const measured = combine([result([1_000, 200], [3_000, 1_000])], 1_000);
  expect(measured).toMatchObject({ records: 800, seconds: 2, cpuSeconds: 2, maxRssMiB: 100, again: 0 });
});

test('a contender that handled less or more than there was has no figures', () => {
  expect(() => combine([result([1_000, 0], [3_000, 999])], 1_000)).toThrow('handled 999 records instead of 1000');
  expect(() => combine([result([1_000, 0], [3_000, 1_001])], 1_000)).toThrow('handled 1001 records instead of 1000');
});

test('of several processes the first begins and the last ends, and what a rebalance handed out twice counts once', () => {
  const measured = combine([result([2_000, 0], [3_000, 700]), result([1_000, 0], [5_000, 400])], 1_000);
  expect(measured).toMatchObject({ records: 1_000, seconds: 4, cpuSeconds: 4, maxRssMiB: 200, again: 100 });
});

test('a process that got no records does not move the clock', () => {
  expect(combine([result([2_000, 0], [3_000, 1_000]), result([0, 0], [0, 0])], 1_000).seconds).toBe(1);
});

test('records that all came at once cannot be timed', () => {
  expect(() => combine([result([1_000, 10], [1_000, 10])], 10)).toThrow('between two looks at the clock');
});
