/**
 * Writes records for published events and for dead letters. Our own, because the client libraries reorder repeated
 * header names, do not take null as a header value, and know few codecs; a dead letter has to be the same bytes in the
 * same order. Idempotent where the settings say so: what is sent twice is written once, in order per partition.
 *
 *   send ─▶ valid? ─▶ room below bufferBytes ─▶ topic known? ─▶ partition ─▶ batch of its queue ─▶ sender ─▶ leader
 *          refused     waits up to maxBlock       the same      chosen       linger, batchBytes     retries
 *
 * A record is tried for `deliveryTimeoutMs`. Every record gets its own result: written, or failed and why.
 */
import type { Clock, Timer } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import type { Emit } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import type { ProducerSettings } from '../core/settings.ts';
import type { OutboundRecord, PublishOptions, PublishResult, WrittenPlace } from '../core/thread-messages.ts';
import type { Cluster } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { isRetryableKafkaError } from '../protocol/error-codes.ts';
import { BufferRoom } from './buffer-room.ts';
import { Call, type CallResult } from './call.ts';
import { type ChoosePartition, choosePartition } from './choose-partition.ts';
import type { PartitionQueue, QueueLimits } from './partition-queue.ts';
import { refusal } from './produce-errors.ts';
import { QueuedRecord } from './queued-record.ts';
import { closedError, expiredError, faultOf } from './record-faults.ts';
import { reportCall } from './report-call.ts';
import { Sender } from './sender.ts';
import { TopicRecords } from './topic-records.ts';

export interface ProducerOptions {
  readonly client: KafkaClient;
  readonly cluster: Pick<Cluster, 'leaderOf' | 'refresh' | 'topic' | 'learnedAt'>;
  readonly settings: ProducerSettings;
  /** From `loadPartitioner`; needed only for a module. */
  readonly choose?: ChoosePartition;
  /** `kafka.requestTimeout`. */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** From `send` to giving up. Default 120 s, Kafka's `delivery.timeout.ms`. */
  readonly deliveryTimeoutMs?: number;
  /**
   * Only what was never sent is given up by `deliveryTimeoutMs`: the rest is sent again, whatever `retries` says, until
   * the broker says whether it was written. So a timeout is a promise that nothing was.
   */
  readonly untilAnswered?: boolean;
}

export interface SendOptions {
  /**
   * By its key, with or without one, whatever the manifest's partitioner says. It is sent again for as long as there is
   * time: given up while nobody knows whether it was written, it would be written twice.
   */
  readonly deadLetter?: boolean;
  /** False: without room in the buffer it fails at once. */
  readonly waits?: boolean;
  /** Settled when there was room for all of them: without places, with what had failed by then. */
  readonly background?: boolean;
}

export interface Producer {
  /** Bytes of records that are not settled; never above `bufferBytes`. */
  readonly bufferedBytes: number;
  /**
   * Writes records; those of one partition in the given order, also after earlier calls. Never rejects.
   * Errors: `PublishError` (`RT_PUBLISH_INVALID`, `RT_PUBLISH_BUFFER_FULL`), `KafkaError` (`RT_KAFKA_REFUSED` with
   * Kafka's own error, `RT_KAFKA_TIMEOUT` after the delivery timeout, `RT_KAFKA_CONNECTION` after `close`).
   */
  deliver(records: readonly OutboundRecord[], options?: SendOptions): Promise<CallResult>;
  /** As `deliver`. @returns their places, in the order given @throws the first failure; others may have been written */
  send(records: readonly OutboundRecord[], options?: SendOptions): Promise<readonly WrittenPlace[]>;
  /** As `deliver`, with failures as data. In the background: until there was room for all, or an error by then. */
  publish(records: readonly OutboundRecord[], options?: PublishOptions): Promise<PublishResult>;
  /** Resolves when everything handed over until now is settled; nothing lingers meanwhile. */
  flush(): Promise<void>;
  /** Rejects what still waits: call `flush` before. */
  close(): void;
}

const defaultDeliveryTimeoutMs = 120_000;
/** How often deadlines are looked at. */
const expiryCheckMs = 1_000;
export function createProducer(options: ProducerOptions): Producer {
  return new QueuedProducer(options);
}

class QueuedProducer implements Producer {
  readonly room: BufferRoom;
  readonly deliveryTimeoutMs: number;
  readonly #options: ProducerOptions;
  readonly #choose: ChoosePartition;
  readonly #sender: Sender;
  readonly #topics = new Map<string, TopicRecords>();
  /** Calls that are not settled, with their records. */
  readonly #open = new Map<Call, readonly OutboundRecord[]>();
  #flushes = 0;
  #expiry: Timer | null = null;
  #pumpScheduled: boolean = false;
  #closed: boolean = false;

  constructor(options: ProducerOptions) {
    const { settings, clock } = options;
    this.#options = options;
    this.#choose = options.choose ?? choosePartition(settings.partitioner, null);
    this.deliveryTimeoutMs = options.deliveryTimeoutMs ?? defaultDeliveryTimeoutMs;
    this.room = new BufferRoom({ limitBytes: settings.bufferBytes, maxBlockMs: settings.maxBlockMs, clock });
    this.#sender = new Sender({ ...options, queues: () => this.#queues(), hurried: () => this.#flushes > 0 });
  }

  get bufferedBytes(): number {
    return this.room.used;
  }

  deliver(records: readonly OutboundRecord[], options: SendOptions = {}): Promise<CallResult> {
    const call = this.#hand(records, options);
    return options.background === true ? call.handedOver() : call.result;
  }

  #hand(records: readonly OutboundRecord[], options: SendOptions): Call {
    const { clock } = this.#options;
    const call = new Call(records.length, clock.now(), this.#settled);
    if (records.length === 0) return call;
    this.#open.set(call, records);
    const wallTime = clock.wallTime();
    const { deadLetter = false, waits = true } = options;
    const topics = records.length > 1 ? new Set<string>() : null;
    for (let index = 0; index < records.length; index++) {
      const outbound = records[index]!;
      const startsCall = topics === null || topics.size !== topics.add(outbound.topic).size;
      const fault = this.#closed ? closedError() : faultOf(outbound, this.#options.settings, deadLetter);
      if (fault === null) {
        this.room.enter(new QueuedRecord(this, call, index, outbound, { wallTime, startsCall, deadLetter }), waits);
      } else {
        call.refused(index, fault);
      }
    }
    return call;
  }

  async send(records: readonly OutboundRecord[], options?: SendOptions): Promise<readonly WrittenPlace[]> {
    const { places, failures } = await this.deliver(records, options);
    if (failures.length > 0) throw failures[0]!.error;
    return places as readonly WrittenPlace[];
  }

  async publish(records: readonly OutboundRecord[], options: PublishOptions = {}): Promise<PublishResult> {
    const { places, failures } = await this.deliver(records, options);
    if (failures.length === 0)
      return { kind: 'ok', places: options.background === true ? [] : (places as readonly WrittenPlace[]) };
    return {
      kind: 'failed',
      places,
      failures: failures.map(({ index, error }) => ({ index, error: toErrorData(error) })),
    };
  }

  async flush(): Promise<void> {
    this.#flushes++;
    this.#schedulePump();
    await Promise.all([...this.#open.keys()].map((call) => call.result));
    this.#flushes--;
  }

  close(): void {
    this.#closed = true;
    this.#expiry?.cancel();
    this.#sender.close();
    this.room.close(closedError());
    for (const topic of this.#topics.values()) topic.abandon(closedError());
  }

  /** For its records: there was room. */
  entered(record: QueuedRecord): void {
    if (this.#closed) {
      record.failed(closedError());
      return;
    }
    this.#topic(record.outbound.topic).add(record);
    this.#schedulePump();
    this.#expiry ??= this.#options.clock.after(expiryCheckMs, () => this.#expire());
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
    const { cluster, clock } = this.#options;
    for (const topic of this.#topics.values()) {
      const view = cluster.topic(topic.name);
      if (!topic.place(view, clock.now(), cluster.learnedAt)) {
        const { errorCode } = view;
        if (errorCode === 0 || isRetryableKafkaError(errorCode)) this.#sender.refresh(topic.name);
        else topic.refuseUnplaced(refusal(`writing to ${topic.name}`, errorCode));
      }
      yield* topic.queues();
    }
  }

  #topic(name: string): TopicRecords {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const topic = new TopicRecords(name, { choose: this.#choose, limits: this.#limits() });
    this.#topics.set(name, topic);
    return topic;
  }

  #limits(): QueueLimits {
    const { settings, untilAnswered = false } = this.#options;
    return { ...settings, untilAnswered };
  }

  #expire(): void {
    this.#expiry = null;
    const now = this.#options.clock.now();
    const unplacedBefore = now - this.#options.settings.maxBlockMs;
    for (const topic of this.#topics.values()) {
      const { errorCode } = this.#options.cluster.topic(topic.name);
      topic.expire(now, unplacedBefore, ({ addedAt }) => expiredError(topic.name, now - addedAt, errorCode));
    }
    if (this.#open.size > 0 && !this.#closed)
      this.#expiry = this.#options.clock.after(expiryCheckMs, () => this.#expire());
  }

  readonly #settled = (call: Call, result: CallResult): void => {
    const records = this.#open.get(call) ?? [];
    this.#open.delete(call);
    reportCall(records, result, this.#options.clock.now() - call.startedAt, this.#options.emit);
  };
}
