/**
 * Lets partitions finish what their threads have. Nothing is sent to the threads meanwhile: they go on as before,
 * retries and dead letters too, until all is answered, nothing more can finish, or the budget is over. What is left
 * then is aborted.
 *
 *   working ── all answered ─────────────────────────────────────────▶ finished
 *      │── only held records and those behind them are left ─ abort ─────▶ finished, as far as it can be
 *      │── the thread died ─┐
 *      └── budget over ─────┴─ abort ▶ cut short
 */
import { type Clock, sleep } from '../core/clock.ts';
import type { Flow } from './flow.ts';

export interface DrainOptions {
  readonly flows: readonly Flow[];
  readonly budgetMs: number;
  readonly clock: Clock;
  /** Resolves when a thread has answered or died. */
  readonly changed: () => Promise<void>;
  /** Whether the thread still has sets of the flow. */
  readonly hasTasks: (flow: Flow) => boolean;
  readonly abort: (flow: Flow) => void;
}

/** Held records are looked for this often; twice the same in a row means that nothing moves. */
const lookMs = 50;
/** An aborted set is answered in the next turn of its thread's loop, unless a handler holds the thread. */
const abortAnswerMs = 500;

/** @returns false when something was cut short */
export async function drainFlows(options: DrainOptions): Promise<boolean> {
  const { flows, budgetMs, clock, hasTasks, abort } = options;
  for (const flow of flows) flow.draining = true;
  const deadline = clock.now() + budgetMs;
  const still = new Set<Flow>();
  while (clock.now() < deadline) {
    const working = flows.filter((flow) => !flow.inFlight.empty && !flow.lost);
    if (working.every((flow) => still.has(flow) && isStuck(flow))) break;
    for (const flow of working) if (isStuck(flow)) still.add(flow);
    if (await hasChanged(options, Math.min(lookMs, deadline - clock.now()))) still.clear();
  }
  const unfinished = flows.filter((flow) => !flow.inFlight.empty || flow.lost || flow.stale.size > 0);
  const cutShort = unfinished.some((flow) => !isStuck(flow));
  for (const flow of unfinished) abort(flow);
  const answerBy = clock.now() + abortAnswerMs;
  while (clock.now() < answerBy && unfinished.some(hasTasks)) {
    await hasChanged(options, answerBy - clock.now());
  }
  return !cutShort;
}

function isStuck(flow: Flow): boolean {
  return (flow.held.size > 0 || flow.corrupt) && flow.inFlight.waitsFor(flow.held);
}

/** Waits for a change. @returns false when there was none in time */
async function hasChanged({ clock, changed }: DrainOptions, withinMs: number): Promise<boolean> {
  const over = new AbortController();
  const change = await Promise.race([
    changed().then(() => true),
    sleep(clock, withinMs, over.signal).then(() => false),
  ]);
  over.abort();
  return change;
}
