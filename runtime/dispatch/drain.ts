/**
 * Lets partitions finish what their threads have. Nothing is sent to the threads meanwhile: they go on as before,
 * retries and dead letters too, until all is answered, nothing more can finish, or the budget is over. What is left
 * then is aborted. A thread that follows partitions is told when one of them has nothing left, and calls `onRevoked`:
 * that belongs to the drain, and to its budget.
 *
 *   working ── all answered ─ close ──▶ revoking ── onRevoked is over ───▶ finished
 *      │── only held records and those behind them are left ─ abort ─────▶ finished, as far as it can be
 *      │── the thread died ─┐
 *      └── budget over ─────┴─ abort ▶ cut short
 */
import { type Clock, sleep } from '../core/clock.ts';
import type { CloseMode } from '../core/thread-messages.ts';
import type { Flow } from './flow.ts';

export interface DrainOptions {
  readonly flows: readonly Flow[];
  readonly budgetMs: number;
  readonly clock: Clock;
  /** Resolves when a thread has answered or died. */
  readonly changed: () => Promise<void>;
  /** Whether the thread still has sets of the flow. */
  readonly hasTasks: (flow: Flow) => boolean;
  readonly close: (flow: Flow, mode: CloseMode) => void;
}

/** Held records are looked for this often; twice the same in a row means that nothing moves. */
const lookMs = 50;
/** An aborted set is answered in the next turn of its thread's loop, unless a handler holds the thread. */
const abortAnswerMs = 500;

/** @returns false when something was cut short */
export async function drainFlows(options: DrainOptions): Promise<boolean> {
  const { flows, budgetMs, clock, hasTasks, close } = options;
  for (const flow of flows) flow.draining = true;
  const deadline = clock.now() + budgetMs;
  const still = new Set<Flow>();
  /** Told that they have nothing left. */
  const closed = new Set<Flow>();
  while (clock.now() < deadline) {
    for (const flow of flows) {
      if (!flow.followed || !flow.inFlight.empty || closed.has(flow)) continue;
      closed.add(flow);
      close(flow, 'drain');
    }
    const working = flows.filter((flow) => (!flow.inFlight.empty && !flow.lost) || (closed.has(flow) && flow.followed));
    if (working.every((flow) => still.has(flow) && isStuck(flow))) break;
    for (const flow of working) if (isStuck(flow)) still.add(flow);
    if (await hasChanged(options, Math.min(lookMs, deadline - clock.now()))) still.clear();
  }
  const unfinished = flows.filter((flow) => !flow.inFlight.empty || flow.lost || flow.stale.size > 0 || flow.followed);
  const cutShort = unfinished.some((flow) => !isStuck(flow));
  for (const flow of unfinished) close(flow, 'abort');
  const answerBy = clock.now() + abortAnswerMs;
  const revokedBy = Math.max(deadline, answerBy);
  const waitsUntil = (): number => {
    if (clock.now() < answerBy && unfinished.some(hasTasks)) return answerBy;
    return unfinished.some((flow) => flow.followed) ? revokedBy : 0;
  };
  for (let by = waitsUntil(); clock.now() < by; by = waitsUntil()) await hasChanged(options, by - clock.now());
  return !cutShort && !flows.some((flow) => flow.followed || flow.revokedBadly);
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
