/** What a handler throws to say how its failure is to be treated. Any other error is tried again by the retry policy. */
import { acceptedDurations, parseDuration } from '../core/units.ts';

export interface RetryableErrorOptions {
  /** Before the next attempt, instead of the backoff: milliseconds, or a text such as `30s`. */
  readonly delay?: number | string;
  readonly cause?: unknown;
}

/** Try again; the attempt counts. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  readonly delayMs: number | undefined;

  /** @throws TypeError for a delay that is none */
  constructor(message?: string, options: RetryableErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.delayMs = options.delay === undefined ? undefined : toMs(options.delay);
  }
}

/** Do not try again: the record is dead-lettered at once. */
export class NonRetryableError extends Error {
  override readonly name = 'NonRetryableError';
}

function toMs(delay: number | string): number {
  const delayMs = typeof delay === 'number' ? delay : parseDuration(delay);
  if (delayMs === null || !(delayMs >= 0)) {
    throw new TypeError(`delay: expected milliseconds or ${acceptedDurations}, got ${JSON.stringify(delay)}`);
  }
  return delayMs;
}
