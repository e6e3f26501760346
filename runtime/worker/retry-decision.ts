/** What becomes of a record whose attempt failed: another attempt, or no more (S-60..S-63). No state, no clock. */
import { backoffMs } from '../core/backoff.ts';
import type { ErrorData } from '../core/error-data.ts';
import type { Random } from '../core/random.ts';
import type { RetrySettings } from '../core/settings.ts';
import type { DeadLetterReason } from '../core/thread-messages.ts';

export type RetryLimits = Pick<RetrySettings, 'maxRetries' | 'baseDelayMs' | 'maxDelayMs' | 'jitter' | 'never'>;

/** `decode`: the record's bytes are at fault. `deadLetter`: the handler asked for it. */
export interface Failure {
  readonly kind: 'thrown' | 'decode' | 'deadLetter';
  readonly error: ErrorData;
}

export type Decision =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'exhausted'; readonly reason: DeadLetterReason };

const delayMaxMs = 2 ** 31 - 1; // what a timer of Node can hold

/** @param attempt number of the attempt that failed, from 1 */
export function decideRetry(failure: Failure, attempt: number, limits: RetryLimits, random: Random): Decision {
  if (failure.kind === 'decode') return { kind: 'exhausted', reason: 'deserialization_error' };
  if (failure.kind === 'deadLetter' || isFinal(failure.error, limits.never)) {
    return { kind: 'exhausted', reason: 'handler_error' };
  }
  if (limits.maxRetries >= 0 && attempt > limits.maxRetries)
    return { kind: 'exhausted', reason: 'max_retries_exceeded' };
  const delayMs = failure.error.delayMs ?? backoffMs(limits, attempt - 1, random);
  return { kind: 'retry', delayMs: Math.min(delayMs, delayMaxMs) };
}

/** By name, and by the name of any class it extends: classes do not survive a thread, and copies of a library differ. */
function isFinal(error: ErrorData, never: readonly string[]): boolean {
  const names = [error.name, ...error.classes];
  return names.includes('NonRetryableError') || names.some((name) => never.includes(name));
}
