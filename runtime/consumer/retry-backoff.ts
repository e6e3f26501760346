/** How long the consumer waits before it asks a broker again: the 100 ms to 1 s of the Java client's retry.backoff. */
import type { Backoff } from '../core/backoff.ts';

export const retryBackoff: Backoff = { baseDelayMs: 100, maxDelayMs: 1000, jitter: 0.2 };
