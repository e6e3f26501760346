/**
 * Ends a process in which something is stuck. `/health` answers 503 at once, so that whoever looks at it learns the
 * cause; what recovers within the grace is forgiven, and the process goes on.
 *
 *   well ──stuck for stalledFor──▶ stalled (503) ──grace over──▶ ended, exit code 3
 *    ▲                                │
 *    └────────── moves again ─────────┘
 */
import type { Clock, Timer } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { Liveness, Stall } from './liveness.ts';

/** One period of a usual probe; never longer than `stalledFor` itself. */
const graceMaxMs = 30_000;
const checksPerStall = 10;
const checkMaxMs = 1_000;

export interface StallWatchDeps {
  readonly liveness: Liveness;
  /** `observability.health.stalledFor`. */
  readonly stalledForMs: number;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Called once, with what to end with. */
  readonly over: (error: KafkaError) => void;
}

export class StallWatch {
  readonly #deps: StallWatchDeps;
  /** Since when each group is stalled. */
  readonly #since = new Map<string, number>();
  #timer: Timer | null = null;

  constructor(deps: StallWatchDeps) {
    this.#deps = deps;
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
  }

  #schedule(): void {
    const everyMs = Math.min(checkMaxMs, this.#deps.stalledForMs / checksPerStall);
    this.#timer = this.#deps.clock.after(everyMs, () => {
      if (!this.#check()) this.#schedule();
    });
  }

  /** @returns true when it is over */
  #check(): boolean {
    const { liveness, stalledForMs, clock, emit, over } = this.#deps;
    const graceMs = Math.min(graceMaxMs, stalledForMs);
    const stalls = liveness.stalls();
    for (const group of this.#since.keys()) {
      if (!stalls.some((stall) => stall.group === group)) this.#since.delete(group);
    }
    for (const stall of stalls) {
      const since = this.#since.get(stall.group);
      if (since === undefined) {
        this.#since.set(stall.group, clock.now());
        emit('group.stalled', { ...stall, endsInMs: graceMs });
      } else if (clock.now() - since >= graceMs) {
        over(stalled(stall, stalledForMs));
        return true;
      }
    }
    return false;
  }
}

function stalled({ group, cause, waitedMs }: Stall, stalledForMs: number): KafkaError {
  return new KafkaError(
    'RT_GROUP_STALLED',
    `group ${group} is stuck for ${waitedMs} ms (observability.health.stalledFor is ${stalledForMs} ms): ${cause}. ` +
      'The process ends so that another one can take over; what was not committed is read again.',
    { retryable: false },
  );
}
