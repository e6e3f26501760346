/**
 * `dedupe.store: memory`: the ids that this thread has handled, the oldest first. They are forgotten after `ttl`, beyond
 * `max`, and with their partition.
 *
 *   queue   ·  ·  a  b  c  d        at most `max` from `head` on; what is older than `ttl` counts as unknown
 *                 ▲ head
 *
 * The queue stands beside the map, since the first entry of a map from which much was deleted is found by a long walk.
 */
import type { Clock } from '../core/clock.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { DedupeStore } from '../core/settings.ts';
import type { Marks } from './best-effort-dedupe.ts';

interface Mark {
  readonly name: string;
  readonly at: number;
  /** `partitionKey` */
  readonly of: string;
}

export class MemoryMarks implements Marks {
  readonly #limits: Extract<DedupeStore, { readonly kind: 'memory' }>;
  readonly #clock: Clock;
  readonly #marks = new Map<string, Mark>();
  /** In the order of their times; one that was made again has another one behind it. */
  #queue: Mark[] = [];
  #head = 0;

  constructor(limits: Extract<DedupeStore, { readonly kind: 'memory' }>, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  has(handler: string, id: string): boolean {
    const mark = this.#marks.get(`${handler} ${id}`);
    return mark !== undefined && !this.#isOld(mark);
  }

  add(handler: string, id: string, partition: TopicPartition): void {
    const mark = { name: `${handler} ${id}`, at: this.#clock.now(), of: partitionKey(partition) };
    this.#marks.set(mark.name, mark);
    this.#queue.push(mark);
    while (this.#queue.length - this.#head > this.#limits.max || this.#isOld(this.#queue[this.#head]!)) {
      this.#drop(this.#queue[this.#head++]!);
    }
    // Half of it is past: moving the rest costs each mark one step.
    if (this.#head * 2 > this.#queue.length) this.#keep(() => true);
  }

  forget(partition: TopicPartition): void {
    const of = partitionKey(partition);
    for (const mark of this.#queue) if (mark.of === of) this.#drop(mark);
    this.#keep((mark) => mark.of !== of);
  }

  close(): void {
    this.#marks.clear();
    this.#queue = [];
    this.#head = 0;
  }

  #drop(mark: Mark): void {
    if (this.#marks.get(mark.name) === mark) this.#marks.delete(mark.name);
  }

  #keep(isKept: (mark: Mark) => boolean): void {
    this.#queue = this.#queue.slice(this.#head).filter(isKept);
    this.#head = 0;
  }

  #isOld({ at }: Mark): boolean {
    return this.#clock.now() - at > this.#limits.ttlMs;
  }
}
