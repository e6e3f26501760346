/**
 * Checks the default export of a handler module and fills in what it leaves to the manifest. What the runtime cannot do
 * yet is refused here by name: ignored, it would look as if it worked.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { GroupSettings, HandlerSettings } from '../core/settings.ts';
import { acceptedDurations, parseDuration } from '../core/units.ts';
import { type Fn, lifecycleOf } from '../handler/define-handlers.ts';
import type { Lifecycle } from '../handler/lifecycle.ts';
import { subscriberHandlers } from '../handler/subscriber.ts';
import type { RetryLimits } from './retry-decision.ts';

/** One function of a module, with its limits. */
export interface HandlerFunction {
  readonly handle: Fn;
  readonly retry: RetryLimits;
  readonly timeoutMs: number;
  /** Left out for records that it has handled before. */
  readonly dedupe: boolean;
}

export interface HandlerModule {
  /** As in the manifest: absolute. */
  readonly file: string;
  readonly byType: ReadonlyMap<string, HandlerFunction>;
  /** `'*'`: every type without a function of its own. */
  readonly any: HandlerFunction | null;
  /** Types that the manifest lets through; null for all. */
  readonly events: ReadonlySet<string> | null;
  readonly life: Lifecycle;
}

const AsyncFunction = (async () => {}).constructor;
const specKeys = ['handle', 'retry', 'timeout', 'dedupe'];
const laterSpecKeys = ['batch', 'by', 'onError'];
const retryKeys = ['maxRetries', 'baseDelay', 'maxDelay', 'jitter', 'never'];
const lifecycleKeys = ['setup', 'onAssigned', 'onRevoked'] as const;
const example =
  "export default defineHandlers({ OrderPlaced: async (event, ctx) => { … } }), from 'kafka-worker-runtime'";

/** @param exported the module's namespace @throws TypeError that says what is wrong with it */
export function checkHandlers(exported: object, settings: HandlerSettings, group: GroupSettings): HandlerModule {
  const given = (exported as { readonly default?: unknown }).default;
  if (!('default' in exported)) throw new TypeError(`no default export; expected ${example}`);
  const handlers = subscriberHandlers(given) ?? given;
  if (!isObject(handlers)) throw new TypeError(`the default export is ${describe(handlers)}; expected ${example}`);
  const byType = new Map<string, HandlerFunction>();
  for (const [type, handler] of Object.entries(handlers)) {
    if (handler !== undefined) byType.set(type, checkHandler(type, handler, group));
  }
  if (byType.size === 0) throw new TypeError(`the default export handles no event type; expected ${example}`);
  const any = byType.get('*') ?? null;
  byType.delete('*');
  const events = settings.events === null || settings.events.includes('*') ? null : new Set(settings.events);
  for (const type of events ?? []) {
    if (any === null && !byType.has(type)) {
      throw new TypeError(`the manifest lets event type "${type}" through, but the module has no handler for it`);
    }
  }
  return { file: settings.file, byType, any, events, life: checkLifecycle(lifecycleOf(handlers)) };
}

function checkHandler(type: string, handler: unknown, group: GroupSettings): HandlerFunction {
  const inherited = { retry: group.retry, timeoutMs: group.timeouts.handlerMs, dedupe: group.dedupe !== null };
  if (typeof handler === 'function') return { ...inherited, handle: apart(handler as Fn) };
  if (!isObject(handler)) {
    throw new TypeError(`"${type}" is ${describe(handler)}; expected a function, or an object with handle()`);
  }
  checkKeys(`"${type}"`, handler, specKeys, laterSpecKeys);
  const { handle, retry, timeout, dedupe } = handler;
  if (typeof handle !== 'function') throw new TypeError(`"${type}".handle is ${describe(handle)}; expected a function`);
  return {
    handle: apart(handle as Fn),
    retry: retry === undefined ? inherited.retry : checkRetry(type, retry, group.retry),
    timeoutMs: timeout === undefined ? inherited.timeoutMs : duration(`"${type}".timeout`, timeout),
    dedupe: dedupe === undefined ? inherited.dedupe : checkDedupe(`"${type}".dedupe`, dedupe, group),
  };
}

function checkDedupe(at: string, dedupe: unknown, group: GroupSettings): boolean {
  if (typeof dedupe !== 'boolean') throw new TypeError(`${at} is ${describe(dedupe)}; expected true or false`);
  if (dedupe && group.dedupe === null) {
    throw new TypeError(`${at} is true, but the group does not say by what: set groups.${group.name}.dedupe.by`);
  }
  return dedupe;
}

/**
 * What an async handler sets with `AsyncLocalStorage.enterWith` before its first await would stay for the calls after it,
 * so it begins in a context of its own. Others do not: it costs a third of a microsecond, as much as a short one takes.
 */
function apart(handle: Fn): Fn {
  if (!(handle instanceof AsyncFunction)) return handle;
  const outside = AsyncLocalStorage.snapshot();
  return (event, ctx) => outside(handle, event, ctx);
}

function checkRetry(type: string, retry: unknown, inherited: RetryLimits): RetryLimits {
  const at = `"${type}".retry`;
  if (!isObject(retry)) throw new TypeError(`${at} is ${describe(retry)}; expected an object`);
  checkKeys(at, retry, retryKeys, ['mode', 'maxAge', 'byError', 'onExhausted', 'tiers']);
  const { maxRetries = inherited.maxRetries, jitter = inherited.jitter, never = inherited.never } = retry;
  if (!Number.isSafeInteger(maxRetries) || (maxRetries as number) < -1) {
    throw new TypeError(`${at}.maxRetries is ${describe(maxRetries)}; expected a whole number from -1 (for ever)`);
  }
  if (typeof jitter !== 'number' || !(jitter >= 0 && jitter <= 1)) {
    throw new TypeError(`${at}.jitter is ${describe(jitter)}; expected a number from 0 to 1`);
  }
  if (!Array.isArray(never) || !never.every((name) => typeof name === 'string')) {
    throw new TypeError(`${at}.never is ${describe(never)}; expected names of errors`);
  }
  return {
    maxRetries: maxRetries as number,
    jitter,
    never,
    baseDelayMs: retry.baseDelay === undefined ? inherited.baseDelayMs : duration(`${at}.baseDelay`, retry.baseDelay),
    maxDelayMs: retry.maxDelay === undefined ? inherited.maxDelayMs : duration(`${at}.maxDelay`, retry.maxDelay),
  };
}

function checkLifecycle(life: unknown): Lifecycle {
  if (life === undefined) return {};
  const expected = 'the second argument of defineHandlers';
  if (!isObject(life)) {
    throw new TypeError(`${expected} is ${describe(life)}; expected an object with ${lifecycleKeys.join(', ')}`);
  }
  checkKeys(expected, life, lifecycleKeys, []);
  for (const key of lifecycleKeys) {
    const hook = life[key];
    if (hook === undefined || typeof hook === 'function') continue;
    throw new TypeError(`${key} is ${describe(hook)}; expected a function`);
  }
  return life;
}

function checkKeys(at: string, value: object, known: readonly string[], later: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (later.includes(key)) throw new TypeError(`${at}: "${key}" is not supported yet`);
    if (!known.includes(key)) throw new TypeError(`${at}: unknown key "${key}"; expected ${known.join(', ')}`);
  }
}

function duration(at: string, value: unknown): number {
  const durationMs = typeof value === 'string' ? parseDuration(value) : null;
  if (durationMs === null || durationMs === 0) {
    throw new TypeError(`${at} is ${describe(value)}; expected ${acceptedDurations}`);
  }
  return durationMs;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' || typeof value === 'function'
    ? `a ${typeof value}`
    : `${typeof value} ${String(value)}`;
}
