/**
 * The publisher that a program gets from the runtime it embeds: it is there from the beginning, and what is published
 * before the runtime has its producer waits for it, in the order of the calls.
 */
import type { Delivery } from '../handler/delivery.ts';
import type { OutboundEvent, Published } from '../handler/outbound-event.ts';
import type { EventPublisher } from '../publisher/publisher.ts';
import type { RuntimePublisher } from './runtime.ts';

export class SharedPublisher implements RuntimePublisher {
  readonly #open: () => Promise<EventPublisher>;
  #opened: EventPublisher | null = null;

  /** @param open rejects when the runtime ended before it had a producer */
  constructor(open: () => Promise<EventPublisher>) {
    this.#open = open;
  }

  get bufferedBytes(): number {
    return this.#opened?.bufferedBytes ?? 0;
  }

  async publish(events: OutboundEvent | readonly OutboundEvent[]): Promise<readonly Published[]> {
    return (await this.#publisher()).publish(events);
  }

  async deliver(events: readonly OutboundEvent[]): Promise<readonly Delivery[]> {
    return (await this.#publisher()).deliver(events);
  }

  async flush(): Promise<void> {
    return (await this.#publisher()).flush();
  }

  async #publisher(): Promise<EventPublisher> {
    this.#opened ??= await this.#open();
    return this.#opened;
  }
}
