/**
 * Publishes events from any program: the same envelope and the same producer as `ctx.publish`.
 *
 *   events ─▶ envelope (headers, key, body) ─▶ producer ─▶ a result per event
 */
import type { Clock } from '../core/clock.ts';
import { sleep } from '../core/clock.ts';
import type { OutboundRecord, PublishOptions } from '../core/thread-messages.ts';
import { type Delivery, deliveriesOf, publishFailure } from '../handler/delivery.ts';
import { toRecord } from '../handler/envelope.ts';
import type { OutboundEvent, Published } from '../handler/outbound-event.ts';
import type { OutboundCheck } from '../schemas/outbound-check.ts';
import type { Producer } from './producer.ts';

export interface CloseOptions {
  /** How long to wait for what is not acknowledged yet. Default 30 s. */
  readonly timeoutMs?: number;
}

export interface Publisher {
  /**
   * Writes events; those of one key in the given order, also after earlier calls. Waits for room when
   * `producer.bufferBytes` is full. With `background` it resolves as soon as there was room for all of them, without
   * places: what fails later is counted and logged only, and `flush` waits for it (S-31).
   * @returns where each was written, in their order, once Kafka has acknowledged them
   * @throws TypeError, before anything is written, when an event cannot be; the message names the field
   * @throws ValidationError `RT_PUBLISH_SCHEMA`, before anything is written, when one is not what its schema says
   * @throws the failure of the only event, or `PartlyPublishedError` with what became of each
   */
  publish(events: OutboundEvent | readonly OutboundEvent[], options?: PublishOptions): Promise<readonly Published[]>;
  /** As `publish`, for callers that decide event by event: what became of each, in their order. */
  deliver(events: readonly OutboundEvent[]): Promise<readonly Delivery[]>;
  /**
   * Writes records that are made already, as those of an outbox are: what `createRelay` takes as `publish`.
   * @throws the first failure, once each record is acknowledged or has failed
   */
  send(records: readonly OutboundRecord[]): Promise<void>;
  /** Resolves when everything published until now is acknowledged or has failed; nothing lingers meanwhile. */
  flush(): Promise<void>;
  /** Flushes; what is left after the timeout fails with `RT_KAFKA_CONNECTION`. Then connections are closed. */
  close(options?: CloseOptions): Promise<void>;
  /** Bytes that wait for their acknowledgement; never above `producer.bufferBytes`. */
  readonly bufferedBytes: number;
}

export interface EventPublisherOptions {
  readonly producer: Producer;
  /** Whether an event is what its type says; null where nobody has said. */
  readonly outbound: OutboundCheck | null;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Closes what is below the producer. */
  readonly closeRest: () => Promise<void>;
}

const closeTimeoutMs = 30_000;
const noCause = { id: undefined, correlationId: undefined };

export class EventPublisher implements Publisher {
  readonly #options: EventPublisherOptions;
  #closing: Promise<void> | null = null;

  constructor(options: EventPublisherOptions) {
    this.#options = options;
  }

  get bufferedBytes(): number {
    return this.#options.producer.bufferedBytes;
  }

  async publish(
    events: OutboundEvent | readonly OutboundEvent[],
    { background = false }: PublishOptions = {},
  ): Promise<readonly Published[]> {
    const list: readonly OutboundEvent[] = Array.isArray(events) ? events : [events];
    if (background) {
      const { failures } = await this.#options.producer.deliver(this.#recordsOf(list), { background });
      if (failures.length > 0) throw failures[0]!.error;
      return [];
    }
    const deliveries = await this.deliver(list);
    const failure = publishFailure(deliveries);
    if (failure !== null) throw failure;
    return deliveries.flatMap((delivery) => {
      if (delivery.kind === 'failed') return [];
      const { topic, partition, offset } = delivery;
      return [{ topic, partition, offset }];
    });
  }

  async deliver(events: readonly OutboundEvent[]): Promise<readonly Delivery[]> {
    const { places, failures } = await this.#options.producer.deliver(this.#recordsOf(events));
    return deliveriesOf(
      places,
      failures.map(({ index, error }) => ({ index, error: error as Error })),
    );
  }

  async send(records: readonly OutboundRecord[]): Promise<void> {
    await this.#options.producer.send(records);
  }

  flush(): Promise<void> {
    return this.#options.producer.flush();
  }

  close({ timeoutMs = closeTimeoutMs }: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  #recordsOf(events: readonly OutboundEvent[]): readonly OutboundRecord[] {
    const { clock, newId, outbound } = this.#options;
    const records = events.map((event) => toRecord(event, noCause, clock.wallTime(), newId));
    if (outbound !== null) for (const record of records) outbound(record);
    return records;
  }

  async #close(timeoutMs: number): Promise<void> {
    const { producer, clock, closeRest } = this.#options;
    const flushed = new AbortController();
    await Promise.race([producer.flush(), sleep(clock, timeoutMs, flushed.signal)]);
    flushed.abort();
    producer.close();
    await closeRest();
  }
}
