/**
 * Bytes that do not decode: damaged on the way, perhaps, so they are read again; the third time at one offset it is
 * the log that is damaged, and the partition is stopped (rows B4, B8; wire notes, code 2).
 *
 *   found ── 1 s ──▶ read again ── found ── 1 s ──▶ read again ── found ──▶ stopped
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { DispatchHooks } from '../core/stages.ts';
import type { Flow } from './flow.ts';

const readsMax = 3;
const pauseMs = 1_000; // row B8: not more than one fetch per second

export class CorruptReads {
  readonly #clock: Clock;
  readonly #hooks: Pick<DispatchHooks, 'corrupt' | 'threadDied'>;
  readonly #current: (partition: TopicPartition) => Flow | null;
  readonly #reads = new Map<string, { readonly offset: number; readonly count: number }>();
  readonly #timers = new Set<Timer>();

  /** @param current the flow that the partition has now */
  constructor(
    clock: Clock,
    hooks: Pick<DispatchHooks, 'corrupt' | 'threadDied'>,
    current: (partition: TopicPartition) => Flow | null,
  ) {
    this.#clock = clock;
    this.#hooks = hooks;
    this.#current = current;
  }

  /** Counts once per epoch: the sets behind a damaged one may report it too. */
  found(flow: Flow, offset: number, message: string): void {
    if (flow.corrupt) return;
    flow.corrupt = true;
    const before = this.#reads.get(flow.key);
    const count = before?.offset === offset ? before.count + 1 : 1;
    this.#reads.set(flow.key, { offset, count });
    const { topic, partition } = flow;
    if (count >= readsMax) {
      this.#hooks.corrupt({ topic, partition }, offset, message);
      return;
    }
    const timer = this.#clock.after(pauseMs, () => {
      this.#timers.delete(timer);
      // Unless it was given up or opened again meanwhile, or its thread's death brings it back anyway.
      if (this.#current(flow) === flow && !flow.draining && !flow.lost) {
        this.#hooks.threadDied([{ topic, partition }], new Map());
      }
    });
    this.#timers.add(timer);
  }

  forget(flow: Flow): void {
    this.#reads.delete(flow.key);
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
  }
}
