/** What becomes of a record whose attempt failed: another attempt, or no more (S-60..S-63). No state, no clock. */
import { backoffMs } from '../core/backoff.ts';
import type { ErrorData } from '../core/error-data.ts';
import type { Refusal } from '../core/event-types.ts';
import type { Random } from '../core/random.ts';
import type { RetrySettings } from '../core/settings.ts';
import type { DeadLetterReason } from '../core/thread-messages.ts';

export type RetryLimits = Pick<RetrySettings, 'maxRetries' | 'baseDelayMs' | 'maxDelayMs' | 'jitter' | 'never'>;

/** `deadLetter`: the handler asked for it. `unavailable`: what the attempt needs is away, which is not the record's fault. */
export type Failure =
  | { readonly kind: 'thrown' | 'deadLetter' | 'unavailable'; readonly error: ErrorData }
  | RefusedRecord;

/** The record itself is at fault, whoever handles it, and however often. */
export interface RefusedRecord {
  readonly kind: 'refused';
  readonly reason: DeadLetterReason;
  readonly refusal: Refusal;
  readonly error: ErrorData;
}

export type Decision =
  | { readonly kind: 'retry'; readonly delayMs: number }
  /** `hold`: whatever `retry.onExhausted` says. */
  | { readonly kind: 'exhausted'; readonly reason: DeadLetterReason; readonly hold: boolean }
  | { readonly kind: 'skipped' };

const delayMaxMs = 2 ** 31 - 1; // what a timer of Node can hold

/** @param attempt number of the attempt that failed, from 1; with `unavailable` those that failed so count by themselves */
export function decideRetry(failure: Failure, attempt: number, limits: RetryLimits, random: Random): Decision {
  if (failure.kind === 'refused') {
    if (failure.refusal === 'skip') return { kind: 'skipped' };
    return { kind: 'exhausted', reason: failure.reason, hold: failure.refusal === 'fail' };
  }
  if (failure.kind === 'unavailable') return { kind: 'retry', delayMs: backoffMs(limits, attempt - 1, random) };
  if (failure.kind === 'deadLetter' || isFinal(failure.error, limits.never)) {
    return { kind: 'exhausted', reason: 'handler_error', hold: false };
  }
  if (limits.maxRetries >= 0 && attempt > limits.maxRetries) {
    return { kind: 'exhausted', reason: 'max_retries_exceeded', hold: false };
  }
  const delayMs = failure.error.delayMs ?? backoffMs(limits, attempt - 1, random);
  return { kind: 'retry', delayMs: Math.min(delayMs, delayMaxMs) };
}

/** By name, and by the name of any class it extends: classes do not survive a thread, and copies of a library differ. */
function isFinal(error: ErrorData, never: readonly string[]): boolean {
  const names = [error.name, ...error.classes];
  return names.includes('NonRetryableError') || names.some((name) => never.includes(name));
}
