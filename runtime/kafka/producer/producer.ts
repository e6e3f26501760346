/**
 * Writes records for `ctx.publish` and for dead letters. Our own, because the client libraries reorder repeated header
 * names, do not take null as a header value, and know few codecs; a dead letter has to be the same bytes in the same
 * order. Idempotent where the settings say so: what is sent twice is written once, in order per partition.
 *
 *   send ─▶ (room below 32 MiB) ─▶ topic known? ─▶ queue of its partition ─▶ sender ─▶ leader
 *                 waits               waits for metadata
 *
 * A record is tried for `deliveryTimeoutMs`, then its `send` rejects.
 */
import type { Clock, Timer } from '../../core/clock.ts';
import { toErrorData } from '../../core/error-data.ts';
import { KafkaError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { Random } from '../../core/random.ts';
import type { ProducerSettings } from '../../core/settings.ts';
import type { OutboundRecord, PublishResult } from '../../core/thread-messages.ts';
import { isRetryableKafkaError, kafkaErrorName } from '../../protocol/error-codes.ts';
import type { Cluster } from '../cluster.ts';
import type { KafkaClient } from '../port.ts';
import { BufferRoom } from './buffer-room.ts';
import { type PartitionQueue, type Pending, sizeOf } from './partition-queue.ts';
import { refusal } from './produce-errors.ts';
import { Sender } from './sender.ts';
import { TopicRecords } from './topic-records.ts';

export interface ProducerOptions {
  readonly client: KafkaClient;
  readonly cluster: Pick<Cluster, 'leaderOf' | 'refresh' | 'topic'>;
  readonly settings: ProducerSettings;
  /** `kafka.requestTimeout`. */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** From `send` to giving up. Default 120 s, Kafka's `delivery.timeout.ms`. */
  readonly deliveryTimeoutMs?: number;
  /** Bytes that may wait; beyond them `send` waits. Default 32 MiB, Kafka's `buffer.memory`. */
  readonly bufferBytes?: number;
}

/** Where a record was written; offset -1 where the broker did not tell (acks 0). */
export interface Written {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Producer {
  /**
   * Writes records; those of one partition in the given order, also after earlier calls.
   * @returns their places, in the order given
   * @throws KafkaError `RT_KAFKA_REFUSED` with Kafka's own error, `RT_KAFKA_TIMEOUT` after the delivery timeout,
   *   `RT_KAFKA_CONNECTION` after `close`; others of the same call may have been written all the same
   */
  send(records: readonly OutboundRecord[]): Promise<readonly Written[]>;
  /** As `send`, with failure as data. Never rejects. */
  publish(records: readonly OutboundRecord[]): Promise<PublishResult>;
  /** Resolves when nothing waits any more. */
  flush(): Promise<void>;
  /** Rejects what still waits: call `flush` before. */
  close(): void;
}

const defaultDeliveryTimeoutMs = 120_000;
const defaultBufferBytes = 33_554_432;
/** How often deadlines are looked at. */
const expiryCheckMs = 1_000;

export function createProducer(options: ProducerOptions): Producer {
  return new QueuedProducer(options);
}

class QueuedProducer implements Producer {
  readonly #options: ProducerOptions;
  readonly #room: BufferRoom;
  readonly #sender: Sender;
  readonly #topics = new Map<string, TopicRecords>();
  /** Calls of `send` that are not settled. */
  readonly #open = new Set<Promise<unknown>>();
  #expiry: Timer | null = null;
  #pumpScheduled: boolean = false;
  #closed: boolean = false;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#room = new BufferRoom(options.bufferBytes ?? defaultBufferBytes);
    this.#sender = new Sender({ ...options, queues: () => this.#queues() });
  }

  send(records: readonly OutboundRecord[]): Promise<readonly Written[]> {
    const sending = this.#send(records);
    this.#open.add(sending);
    const settled = (): boolean => this.#open.delete(sending);
    sending.then(settled, settled);
    return sending;
  }

  async #send(records: readonly OutboundRecord[]): Promise<readonly Written[]> {
    if (records.length === 0) return [];
    const startedAt = this.#options.clock.now();
    const timestamp = this.#options.clock.wallTime();
    const items = records.map((outbound) => {
      const { key, value, headers } = outbound;
      const record = { key, value, headers, timestamp: outbound.timestamp ?? timestamp };
      return { outbound, record, size: sizeOf(record) };
    });
    const bytes = items.reduce((sum, { size }) => sum + size, 0);
    try {
      await this.#room.enter(bytes);
      const outcomes = await Promise.allSettled(this.#enqueue(items, startedAt));
      this.#report(records, outcomes, startedAt);
      return outcomes.map((outcome) => {
        if (outcome.status === 'rejected') throw outcome.reason;
        return outcome.value;
      });
    } finally {
      this.#room.leave(bytes);
    }
  }

  async publish(records: readonly OutboundRecord[]): Promise<PublishResult> {
    try {
      return { kind: 'ok', places: await this.send(records) };
    } catch (error) {
      return { kind: 'failed', error: toErrorData(error) };
    }
  }

  async flush(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }

  close(): void {
    this.#closed = true;
    this.#expiry?.cancel();
    this.#sender.close();
    for (const topic of this.#topics.values()) topic.abandon(closedError());
    this.#room.open();
  }

  #enqueue(items: readonly Item[], startedAt: number): readonly Promise<Written>[] {
    if (this.#closed) throw closedError();
    const deadline = startedAt + (this.#options.deliveryTimeoutMs ?? defaultDeliveryTimeoutMs);
    const seen = new Set<string>();
    const promises = items.map(({ outbound, record, size }) => {
      const { topic } = outbound;
      const { promise, resolve, reject } = Promise.withResolvers<Written>();
      const pending: Pending = {
        record,
        size,
        addedAt: startedAt,
        deadline,
        written: (partition, offset) => resolve({ topic, partition, offset }),
        failed: reject,
      };
      this.#topic(topic).add({ pending, outbound, startsCall: !seen.has(topic) });
      seen.add(topic);
      return promise;
    });
    this.#schedulePump();
    this.#expiry ??= this.#options.clock.after(expiryCheckMs, () => this.#expire());
    return promises;
  }

  /** Once per turn of the microtasks, so that what is sent together leaves together. */
  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    queueMicrotask(() => {
      this.#pumpScheduled = false;
      this.#sender.pump();
    });
  }

  *#queues(): Generator<PartitionQueue> {
    for (const topic of this.#topics.values()) {
      const view = this.#options.cluster.topic(topic.name);
      if (!topic.place(view)) {
        if (isRetryableKafkaError(view.errorCode)) this.#sender.refresh(topic.name);
        else topic.refuseUnplaced(refusal(`writing to ${topic.name}`, view.errorCode));
      }
      yield* topic.queues();
    }
  }

  #topic(name: string): TopicRecords {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const topic = new TopicRecords(name);
    this.#topics.set(name, topic);
    return topic;
  }

  #expire(): void {
    this.#expiry = null;
    const now = this.#options.clock.now();
    for (const topic of this.#topics.values()) {
      const { errorCode } = this.#options.cluster.topic(topic.name);
      topic.expire(now, (pending) => expiredError(topic.name, now - pending.addedAt, errorCode));
    }
    if (this.#open.size > 0 && !this.#closed)
      this.#expiry = this.#options.clock.after(expiryCheckMs, () => this.#expire());
  }

  #report(
    records: readonly OutboundRecord[],
    outcomes: readonly PromiseSettledResult<Written>[],
    startedAt: number,
  ): void {
    const durationMs = this.#options.clock.now() - startedAt;
    const byTopic = Map.groupBy(records.keys(), (i) => records[i]!.topic);
    for (const [topic, indexes] of byTopic) {
      const failures = indexes.flatMap((i) =>
        outcomes[i]?.status === 'rejected' ? [outcomes[i].reason as unknown] : [],
      );
      const written = indexes.length - failures.length;
      if (written > 0) this.#options.emit('records.published', { topic, records: written, durationMs });
      if (failures.length > 0) {
        const { message } = toErrorData(failures[0]);
        this.#options.emit('publish.failed', { topic, records: failures.length, message });
      }
    }
  }
}

interface Item {
  readonly outbound: OutboundRecord;
  readonly record: Pending['record'];
  readonly size: number;
}

function closedError(): KafkaError {
  return new KafkaError('RT_KAFKA_CONNECTION', 'the producer is closed', { retryable: false });
}

function expiredError(topic: string, waitedMs: number, errorCode: number): KafkaError {
  const seconds = Math.round(waitedMs / 1000);
  const why = errorCode === 0 ? '' : `; Kafka says ${kafkaErrorName(errorCode)} about the topic`;
  return new KafkaError('RT_KAFKA_TIMEOUT', `a record for ${topic} was not written within ${seconds} s${why}`, {
    retryable: true,
  });
}
