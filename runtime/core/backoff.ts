/** How long to wait before trying again: doubling, capped, with jitter. Rows S-61, S-62, C-13. */
import type { Random } from './random.ts';

export interface Backoff {
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Share of the delay by which it may differ, 0 to 1. */
  readonly jitter: number;
}

/**
 * min(base · 2^failures, max) · (1 ± jitter), then clamped to max: without the clamp a maximum of 60 s gives 66 s.
 * @param failures how many attempts failed before this wait, from 0 for the first wait
 */
export function backoffMs(policy: Backoff, failures: number, random: Random): number {
  const delayMs = Math.min(policy.baseDelayMs * 2 ** failures, policy.maxDelayMs);
  const jittered = delayMs * (1 + policy.jitter * (2 * random() - 1));
  return Math.min(jittered, policy.maxDelayMs);
}
