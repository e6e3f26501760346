/**
 * `dedupe.store: memory`: the ids that this thread has handled, the oldest first. They are forgotten after `ttl`, beyond
 * `max`, and with their partition.
 *
 *   oldest ─▶ a  b  c  d ─▶ newest       at most `max`; what is older than `ttl` counts as unknown
 */
import type { Clock } from '../core/clock.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { DedupeStore } from '../core/settings.ts';
import type { Marks } from './best-effort-dedupe.ts';

interface Mark {
  readonly at: number;
  /** `partitionKey` */
  readonly of: string;
}

export class MemoryMarks implements Marks {
  readonly #limits: Extract<DedupeStore, { readonly kind: 'memory' }>;
  readonly #clock: Clock;
  /** In the order of their times. */
  readonly #marks = new Map<string, Mark>();

  constructor(limits: Extract<DedupeStore, { readonly kind: 'memory' }>, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  has(handler: string, id: string): boolean {
    const mark = this.#marks.get(`${handler} ${id}`);
    return mark !== undefined && !this.#isOld(mark);
  }

  add(handler: string, id: string, partition: TopicPartition): void {
    const name = `${handler} ${id}`;
    this.#marks.delete(name); // a known one goes to the end
    this.#marks.set(name, { at: this.#clock.now(), of: partitionKey(partition) });
    for (const [oldest, mark] of this.#marks) {
      if (this.#marks.size <= this.#limits.max && !this.#isOld(mark)) return;
      this.#marks.delete(oldest);
    }
  }

  forget(partition: TopicPartition): void {
    const of = partitionKey(partition);
    for (const [name, mark] of this.#marks) if (mark.of === of) this.#marks.delete(name);
  }

  close(): void {
    this.#marks.clear();
  }

  #isOld({ at }: Mark): boolean {
    return this.#clock.now() - at > this.#limits.ttlMs;
  }
}
