import { expect, test } from 'vitest';
import { ThreadPulse } from '../../../runtime/core/thread-pulse.ts';
import { Watchdog } from '../../../runtime/dispatch/watchdog.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

function setup(timeoutMs: number) {
  const clock = new ManualClock();
  const thread = { index: 0, pulse: new ThreadPulse() as ThreadPulse | null, busy: true };
  const hung: number[] = [];
  const watchdog = new Watchdog(
    clock,
    timeoutMs,
    () => [thread],
    (_, stalledMs) => hung.push(stalledMs),
  );
  watchdog.watch();
  return { clock, thread, hung, watchdog };
}

test('a busy thread whose tick stands still for the timeout is hung, and told once per timeout', async () => {
  const { clock, hung } = setup(1_000);
  await clock.advance(1_000);
  expect(hung).toEqual([]);
  await clock.advance(100);
  expect(hung).toEqual([1_000]);
  await clock.advance(1_000);
  expect(hung).toHaveLength(1);
});

test('a tick begins the count anew', async () => {
  const { clock, thread, hung } = setup(1_000);
  for (let i = 0; i < 10; i++) {
    await clock.advance(900);
    thread.pulse?.beat();
  }
  expect(hung).toEqual([]);
});

test('an idle thread, one that is being replaced, and one that has just been replaced are not counted', async () => {
  const { clock, thread, hung, watchdog } = setup(1_000);
  thread.busy = false;
  await clock.advance(5_000);
  thread.busy = true;
  watchdog.watch();
  await clock.advance(900);
  thread.pulse = null;
  await clock.advance(200);
  thread.pulse = new ThreadPulse();
  watchdog.watch();
  await clock.advance(1_000);
  expect(hung).toEqual([]);
});

test('nobody looks while no thread has work, and somebody does from the next work on', async () => {
  const { clock, thread, hung, watchdog } = setup(1_000);
  await clock.advance(900);
  thread.busy = false;
  await clock.advance(100);
  expect(clock.pending).toBe(0);
  await clock.advance(60_000);
  thread.busy = true;
  watchdog.watch();
  watchdog.watch();
  expect(clock.pending).toBe(1);
  await clock.advance(1_000);
  expect(hung).toEqual([]);
  await clock.advance(100);
  expect(hung).toEqual([1_000]);
});

test('a process that was stopped as a whole does not take its threads for dead', async () => {
  const { hung, thread } = setup(1_000);
  // A clock that jumps: the timer fires late, once, as after SIGCONT.
  let now = 0;
  let due: (() => void) | null = null;
  const jumping = new Watchdog(
    {
      now: () => now,
      wallTime: () => now,
      after: (_, run) => {
        due = run;
        return { cancel() {} };
      },
      turn: () => Promise.resolve(),
    },
    1_000,
    () => [thread],
    (_, stalledMs) => hung.push(stalledMs),
  );
  jumping.watch();
  const fire = (): void => due?.();
  now = 100;
  fire();
  now = 60_000;
  fire();
  expect(hung).toEqual([]);
});

test('stop leaves no timer', () => {
  const { clock, watchdog } = setup(1_000);
  watchdog.stop();
  expect(clock.pending).toBe(0);
});
