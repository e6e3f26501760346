/**
 * How a loop that waits for others (Kafka, its threads) shows that it lives: it says what it asked for, and when it got
 * it. `supervisor/liveness.ts` counts the time between. A loop is told by its name within the group.
 */
import type { Emit } from './events.ts';
import type { TopicPartition } from './record-set.ts';

export interface LoopName {
  readonly group: string;
  readonly loop: string;
  /** The wait is over when this partition is given up; null when it does not belong to one. */
  readonly of?: TopicPartition | null;
}

export class LoopWait {
  readonly #emit: Emit;
  readonly #name: LoopName;

  constructor(emit: Emit, name: LoopName) {
    this.#emit = emit;
    this.#name = name;
  }

  /**
   * Asked, or asked again: time counts from the first call without an answer.
   * @param what is waited for, as it stands in a report
   * @param legalMs the answer may rightly take this long, whatever `stalledFor` says
   */
  began(what: string, legalMs = 0): void {
    const { group, loop, of = null } = this.#name;
    this.#emit('loop.waiting', { group, loop, of, what, legalMs });
  }

  /** There is an answer that lets the loop go on, or nothing is asked any more. */
  over(): void {
    const { group, loop } = this.#name;
    this.#emit('loop.answered', { group, loop });
  }

  /**
   * What was asked failed; it will be asked again. A broker that cannot be reached is waited for as long as it takes, in
   * the open (`/ready`, the log): ending this process would not bring it back. One that takes a request and gives no
   * answer, or refuses for ever, is what a stall looks like.
   */
  failed(error: unknown): void {
    if ((error as { readonly code?: unknown } | null)?.code === 'RT_KAFKA_CONNECTION') this.over();
  }
}
