/** Calls one handler with one record: what the call came to, how long it took, what it failed of. */
import { toErrorData } from '../core/error-data.ts';
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import { CallContext, DeadLetterRequest, publicationsOf } from './call-context.ts';
import { SchemaError } from './event-shapes.ts';
import { type CallOutcome, HandlerCall, isThenable } from './handler-call.ts';
import { placeOf, RecordEvent, readFailureOf } from './record-event.ts';
import type { Failure } from './retry-decision.ts';
import type { RouteHandler } from './routes.ts';
import type { RunningCalls } from './running-calls.ts';
import type { SetRun } from './set-run.ts';
import { StoreDown } from './store-down.ts';

/**
 * This is the inner loop: plain arguments instead of an object, and nothing made that a handler does not ask for.
 * Whoever does not finish the record upon its return takes it off the stack (`progress.leave`).
 * @param attempt from 1 @returns null when the handler returned at once and published nothing; never throws
 */
export function callHandler(
  calls: RunningCalls,
  epoch: number,
  set: SetRun,
  batch: RecordBatch,
  index: number,
  offset: number,
  type: string,
  handler: RouteHandler,
  attempt: number,
): CallOutcome {
  const startedAt = calls.now;
  const event = new RecordEvent(set, batch, index, type, handler.shape);
  const context = new CallContext(calls.services, event, epoch, handler, attempt, startedAt);
  const delta = offset - set.firstOffset;
  let outcome: CallOutcome = null;
  calls.enter(set.id);
  set.progress.start(delta);
  set.progress.enter(delta);
  try {
    // What does not match its schema reaches no handler.
    if (handler.shape !== null) void event.data;
    const result = handler.handle(event, context);
    if (isThenable(result) || publicationsOf(context) !== null) {
      outcome = new HandlerCall(handler, event, context, startedAt, result);
    }
  } catch (thrown) {
    outcome = failureOf(thrown, event);
  }
  const durationMs = calls.look() - startedAt;
  if (!(outcome instanceof HandlerCall)) timed(calls, handler, event, durationMs, outcome !== null);
  return outcome;
}

/** A call has ended. */
export function timed(
  calls: RunningCalls,
  handler: RouteHandler,
  event: RecordEvent,
  durationMs: number,
  failed: boolean,
): void {
  handler.stats.add(durationMs, failed);
  if (durationMs > calls.slowMs) calls.services.post({ kind: 'slow', place: placeOf(event), durationMs });
}

/** A body that cannot be read is what failed, also when the handler threw something of its own because of it. */
export function failureOf(thrown: unknown, event: RecordEvent): Failure {
  if (StoreDown.is(thrown)) return { kind: 'unavailable', error: toErrorData(thrown.cause) };
  const fault = readFailureOf(event);
  if (fault instanceof SchemaError)
    return { kind: 'refused', reason: 'schema_error', refusal: fault.refusal, error: toErrorData(fault) };
  if (fault !== null)
    return { kind: 'refused', reason: 'deserialization_error', refusal: 'dlq', error: toErrorData(fault) };
  return { kind: DeadLetterRequest.is(thrown) ? 'deadLetter' : 'thrown', error: toErrorData(thrown) };
}
