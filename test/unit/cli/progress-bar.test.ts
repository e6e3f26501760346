import { expect, test } from 'vitest';
import { createProgressBar, progressLine } from '../../../runtime/cli/progress-bar.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

test('a line says how much is done, how fast, and how long it takes yet', () => {
  expect(progressLine(52_000, 100_000, 8_000)).toBe(
    '[############            ]   52 %  52,000 of 100,000  8,000/s  6 s left',
  );
  expect(progressLine(0, 10, 0)).toBe(`[${' '.repeat(24)}]    0 %  0 of 10`);
  expect(progressLine(0, 0, 0)).toBe(`[${'#'.repeat(24)}]  100 %  0 of 0`);
});

test('the rate is that since the first line: what was done before took no time', async () => {
  const clock = new ManualClock();
  let screen = '';
  const bar = createProgressBar((text) => {
    screen = text;
  }, clock);
  bar.show(500, 1_000);
  await clock.advance(1_000);
  bar.show(600, 1_000);
  expect(screen.endsWith('600 of 1,000  100/s  4 s left')).toBe(true);
  bar.clear();
  expect(screen).toBe('\r\u001b[K');
});
