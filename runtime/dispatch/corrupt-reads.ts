/**
 * Bytes that do not decode in a thread. Whether they are worth another read is the consumer's to say, who counts those
 * that it found itself too; here is when: not at once, so that a damaged log is no loop (row B8).
 *
 *   found ──again── 1 s ──▶ opened again under a new epoch
 *      └────stopped───────▶ waits for an operator
 */
import type { Clock, Timer } from '../core/clock.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { DispatchHooks } from '../core/stages.ts';
import type { Flow } from './flow.ts';

const pauseMs = 1_000; // row B8: not more than one fetch per second

export class CorruptReads {
  readonly #clock: Clock;
  readonly #hooks: Pick<DispatchHooks, 'corrupt' | 'threadDied'>;
  readonly #current: (partition: TopicPartition) => Flow | null;
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
    const { topic, partition } = flow;
    if (this.#hooks.corrupt({ topic, partition }, offset, message) === 'stopped') return;
    const timer = this.#clock.after(pauseMs, () => {
      this.#timers.delete(timer);
      // Unless it was given up or opened again meanwhile, or its thread's death brings it back anyway.
      if (this.#current(flow) === flow && !flow.draining && !flow.lost) {
        this.#hooks.threadDied([{ topic, partition }], new Map());
      }
    });
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
  }
}
