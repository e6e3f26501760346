/** How `concurrency.max`, which counts handlers of the whole group, is shared out to its threads. */
import type { ConcurrencySettings } from '../core/settings.ts';

/** @returns handlers that thread `index` may run at once, at least 1; over all threads the sum is `max` */
export function runningShare({ max, workers }: Pick<ConcurrencySettings, 'max' | 'workers'>, index: number): number {
  const share = Math.floor(max / workers) + (index < max % workers ? 1 : 0);
  return Math.max(1, share);
}
