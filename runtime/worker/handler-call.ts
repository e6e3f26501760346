/** One call of one handler that did not end at once: its promise is under way, or what it published is. */
import type { AbortReason } from '../core/thread-messages.ts';
import { abortCall, acknowledged, type CallContext, publicationsOf } from './call-context.ts';
import type { RecordEvent } from './record-event.ts';
import type { Failure } from './retry-decision.ts';
import type { RouteHandler } from './routes.ts';

/** What one call came to: null for success, a call for one that is still under way. */
export type CallOutcome = null | Failure | HandlerCall;

export class HandlerCall {
  readonly handler: RouteHandler;
  readonly event: RecordEvent;
  readonly startedAt: number;
  /** When it times out; once aborted, when it must have settled. Milliseconds of the clock. */
  dueAt: number;
  /** Its signal was aborted: how it ends no longer matters. */
  aborted = false;
  /** It went on for too long after that: nobody waits for it any more. */
  givenUp = false;
  readonly #context: CallContext;
  readonly #result: unknown;

  constructor(handler: RouteHandler, event: RecordEvent, context: CallContext, startedAt: number, result: unknown) {
    this.handler = handler;
    this.event = event;
    this.startedAt = startedAt;
    this.dueAt = startedAt + handler.timeoutMs;
    this.#context = context;
    this.#result = result;
  }

  /** @param now the handler gets its own timeout once more to settle; then the thread is given up */
  abort(reason: AbortReason, now: number): void {
    this.aborted = true;
    this.dueAt = now + this.handler.timeoutMs;
    abortCall(this.#context, reason);
  }

  /** Calls one of the two when the handler has resolved and all it published is acknowledged, or when one failed. */
  settled(resolved: () => void, rejected: (thrown: unknown) => void): void {
    Promise.resolve(this.#result).then(() => {
      const publications = publicationsOf(this.#context);
      if (publications === null) resolved();
      else acknowledged(publications).then(resolved, rejected);
    }, rejected);
  }
}

/** Whether a handler's result has to be waited for. Looking may run a getter of the handler's own, which may throw. */
export function isThenable(result: unknown): boolean {
  return (
    ((typeof result === 'object' && result !== null) || typeof result === 'function') &&
    typeof (result as { readonly then?: unknown }).then === 'function'
  );
}
