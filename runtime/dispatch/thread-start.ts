/** What a thread is told when it starts, its share of the group's work among it. */
import type { ConcurrencySettings, GroupSettings, LogLevel } from '../core/settings.ts';
import type { ThreadStart } from '../core/thread-messages.ts';
import type { ThreadPulse } from '../core/thread-pulse.ts';

export interface ThreadStartOptions {
  readonly group: GroupSettings;
  /** The least important lines that are written: what is below is not even sent to the main thread. */
  readonly logLevel: LogLevel;
}

/** @param index of the thread in its group, from 0 */
export function threadStart({ group, logLevel }: ThreadStartOptions, index: number, pulse: ThreadPulse): ThreadStart {
  return {
    group,
    thread: index,
    maxRunning: runningShare(group.concurrency, index),
    logLevel,
    pulse: pulse.memory,
  };
}

/**
 * `concurrency.max` counts handlers of the whole group.
 * @returns handlers that thread `index` may run at once, at least 1; over all threads the sum is `max`
 */
export function runningShare({ max, workers }: Pick<ConcurrencySettings, 'max' | 'workers'>, index: number): number {
  const share = Math.floor(max / workers) + (index < max % workers ? 1 : 0);
  return Math.max(1, share);
}
