/**
 * A clock for a runtime whose short waits should pass quickly: many refusals in a row, each with its backoff. Deadlines
 * keep their real length, since a machine that does much else does not get faster with them.
 */
import { type Clock, systemClock } from '../../../runtime/core/clock.ts';

/** Backoff between requests ends at a second; whatever waits longer than this is a deadline. */
const shortMs = 5_000;

/** @param times how much faster than the time of day */
export function fastClock(times: number): Clock {
  const began = systemClock.now();
  return {
    now: () => began + (systemClock.now() - began) * times,
    wallTime: () => systemClock.wallTime(),
    after: (delayMs, run) => systemClock.after(delayMs > shortMs ? delayMs : delayMs / times, run),
    turn: () => systemClock.turn(),
  };
}
