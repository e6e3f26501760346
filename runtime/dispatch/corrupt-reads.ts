/**
 * Bytes that do not decode in a thread. Whether they are worth another read is the consumer's to say, who counts those
 * that it found itself too; here is when: not at once, so that a damaged log is no loop (row B8).
 *
 *   found ──again── 1 s ──▶ opened again under a new epoch
 *      └────stopped───────▶ waits for an operator
 *
 * Every thread that shares the partition has the same bytes and comes to the damage in its own time: it counts once, and
 * all of them get the partition anew.
 */
import type { Clock, Timer } from '../core/clock.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { DispatchHooks } from '../core/stages.ts';
import { type Flow, shareOf } from './flow.ts';

const pauseMs = 1_000; // row B8: not more than one fetch per second

export class CorruptReads {
  readonly #clock: Clock;
  readonly #hooks: Pick<DispatchHooks, 'corrupt' | 'threadDied'>;
  readonly #flowsOf: (partition: TopicPartition) => readonly Flow[];
  /** By `partitionKey`. */
  readonly #timers = new Map<string, Timer>();

  /** @param flowsOf the flows that the partition has now */
  constructor(
    clock: Clock,
    hooks: Pick<DispatchHooks, 'corrupt' | 'threadDied'>,
    flowsOf: (partition: TopicPartition) => readonly Flow[],
  ) {
    this.#clock = clock;
    this.#hooks = hooks;
    this.#flowsOf = flowsOf;
  }

  /** Counts once per epoch: the sets behind a damaged one may report it too. */
  found(flow: Flow, offset: number, message: string): void {
    if (flow.corrupt) return;
    const known = this.#flowsOf(flow).some(({ corrupt }) => corrupt);
    flow.corrupt = true;
    if (known) return;
    const { topic, partition } = flow;
    if (this.#hooks.corrupt({ topic, partition }, offset, message) === 'stopped') return;
    this.forget(flow.key);
    const timer = this.#clock.after(pauseMs, () => this.#readAgain({ topic, partition }));
    this.#timers.set(flow.key, timer);
  }

  /** The partition was given up. */
  forget(partition: string): void {
    this.#timers.get(partition)?.cancel();
    this.#timers.delete(partition);
  }

  stop(): void {
    for (const timer of this.#timers.values()) timer.cancel();
  }

  /** Unless it was opened again meanwhile, or is about to be given up. */
  #readAgain(partition: TopicPartition): void {
    this.#timers.delete(partitionKey(partition));
    // The death of a thread brings its share back anyway.
    const flows = this.#flowsOf(partition).filter(({ lost, draining }) => !lost && !draining);
    if (flows.some(({ corrupt }) => corrupt)) this.#hooks.threadDied(flows.map(shareOf), new Map());
  }
}
