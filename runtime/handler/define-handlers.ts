/** How a module says which events it handles: its default export is what `defineHandlers` returns. */
import type { Context } from './context.ts';
import type { Event } from './event.ts';
import type { Lifecycle } from './lifecycle.ts';

/** Resolves: done. Throws: tried again. What it returns is ignored. */
export type Fn<T = unknown> = (event: Event<T>, ctx: Context) => unknown;

/** A function with its own limits, instead of those of the manifest. */
export interface Spec<T = unknown> {
  readonly handle: Fn<T>;
  readonly retry?: RetryPolicy;
  /** Of one call, such as `30s`. */
  readonly timeout?: string;
  /** False: called for every record, also in a group with `dedupe`, and without `ctx.tx`. */
  readonly dedupe?: boolean;
}

/** The keys of the manifest's `retry`; what is missing comes from there. */
export interface RetryPolicy {
  readonly maxRetries?: number;
  readonly baseDelay?: string;
  readonly maxDelay?: string;
  readonly jitter?: number;
  readonly never?: readonly string[];
}

/** By event type. `'*'` takes every type that the module has no entry for. */
// With any text as a type, `'*'` is among them already; said twice, TypeScript would not know its function's parameters.
export type Handlers<M extends object> = { readonly [K in keyof M]?: Fn<M[K]> | Spec<M[K]> } & (string extends keyof M
  ? unknown
  : { readonly '*'?: Fn<M[keyof M]> | Spec<M[keyof M]> });

// A registered symbol: it is the same one when a handler's package brings its own copy of this library.
const lifecycleKey = Symbol.for('kafka-worker-runtime.lifecycle');

/** @returns the same handlers, to be exported as the module's default */
export function defineHandlers<M extends object = Record<string, unknown>>(
  handlers: Handlers<M>,
  life?: Lifecycle,
): Handlers<M> {
  if (life !== undefined) Object.defineProperty(handlers, lifecycleKey, { value: life });
  return handlers;
}

/** @returns what `defineHandlers` got as its second argument, unchecked */
export function lifecycleOf(handlers: object): unknown {
  return (handlers as Record<symbol, unknown>)[lifecycleKey];
}
