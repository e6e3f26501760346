/** Writes new orders to `orders.stream` at a steady rate, as another service would. */
import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../runtime/core/clock.ts';
import type { Random } from '../../runtime/core/random.ts';
import type { OutboundRecord, PublishResult } from '../../runtime/core/thread-messages.ts';
import { toRecord } from '../../runtime/handler/envelope.ts';
import { customers } from './customers.ts';

export interface OrderSourceOptions {
  readonly perSecond: number;
  readonly publish: (records: readonly OutboundRecord[]) => Promise<PublishResult>;
  readonly clock: Clock;
  readonly random: Random;
}

const intervalMs = 100;

export class OrderSource {
  readonly #options: OrderSourceOptions;
  readonly #writing = new Set<Promise<PublishResult>>();
  #timer: Timer | null = null;
  #published = 0;
  #debt = 0;

  constructor(options: OrderSourceOptions) {
    this.#options = options;
    this.#tick();
  }

  /** Orders that Kafka has acknowledged. */
  get published(): number {
    return this.#published;
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await Promise.all(this.#writing);
  }

  #tick(): void {
    this.#debt += (this.#options.perSecond * intervalMs) / 1000;
    const count = Math.floor(this.#debt);
    this.#debt -= count;
    this.#write(Array.from({ length: count }, () => this.#order()));
    this.#timer = this.#options.clock.after(intervalMs, () => this.#tick());
  }

  #write(records: readonly OutboundRecord[]): void {
    // A producer that waits for Kafka holds what it has; more orders would only wait behind those.
    if (records.length === 0 || this.#writing.size >= 10) return;
    const writing = this.#options.publish(records);
    this.#writing.add(writing);
    void writing.then((result) => {
      this.#writing.delete(writing);
      if (result.kind === 'ok') this.#published += result.places.length;
    });
  }

  #order(): OutboundRecord {
    const { random, clock } = this.#options;
    const amount = Math.round(random() * 50_000) / 100;
    const data = {
      customer_id: this.#customer(),
      // One in fifty is nonsense, which the projection refuses without a retry.
      total_amount: random() < 0.02 ? -amount : amount,
    };
    const order = {
      aggregateId: randomUUID(),
      aggregateType: 'Order',
      topic: 'orders.stream',
      type: 'OrderPlaced',
      data,
    };
    return toRecord(order, { id: undefined, correlationId: undefined }, clock.wallTime(), randomUUID);
  }

  #customer(): string {
    const dice = this.#options.random();
    if (dice < 0.02) return customers.noCarrier;
    if (dice < 0.1) return customers.busyCarrier;
    return `cust-${Math.floor(dice * 1000)}`;
  }
}
