/**
 * Sends the batches of all partitions to their leaders: up to `maxInFlight` requests at a time per broker, each with one
 * batch of every partition that has something for it.
 *
 *   nothing on its way to the broker     whatever is there goes, once its linger is over
 *   something is                         full batches go; the rest collects until an answer comes, or its linger is over
 *
 * So batches grow with the load, and a lone record does not wait. `pump` is the whole schedule. It runs after everything
 * that may have changed something (a record, an answer, a new leader, a timer) and sends whatever can be sent now.
 */
import { type Backoff, backoffMs } from '../core/backoff.ts';
import type { Clock } from '../core/clock.ts';
import { isRuntimeFault, type KafkaError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { ProducerSettings } from '../core/settings.ts';
import type { Cluster, Node } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { produce } from '../protocol/produce.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { gaveUp, produceAction, refusal } from './produce-errors.ts';
import {
  answerTo,
  nameOf,
  notMentioned,
  type PartitionAnswer,
  type ProduceAnswer,
  produceRequest,
  type Sent,
} from './produce-request.ts';
import { ProducerIds } from './producer-id.ts';
import { WakeUp } from './wake-up.ts';

export interface SenderOptions {
  readonly client: KafkaClient;
  readonly cluster: Pick<Cluster, 'leaderOf' | 'refresh'>;
  readonly settings: ProducerSettings;
  /** How long the leader may wait for its replicas. */
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Partitions that have something to send. */
  readonly queues: () => Iterable<PartitionQueue>;
  /** Somebody flushes: no lingering. */
  readonly hurried: () => boolean;
  /** See `ProducerOptions`. */
  readonly untilAnswered?: boolean;
}

const backoff: Backoff = { baseDelayMs: 100, maxDelayMs: 1_000, jitter: 0.2 };
const requestBytesMax = 1_048_576; // Kafka's max.request.size; one batch may be larger
const throttleMaxMs = 30_000;
/** Version 13 names topics by id only. */
const maxVersion = 12;

interface Load {
  readonly node: Node;
  readonly queues: PartitionQueue[];
}

export class Sender {
  readonly #options: SenderOptions;
  readonly #ids: ProducerIds;
  /** Requests on their way, by node. */
  readonly #inFlight = new Map<number, number>();
  readonly #wake: WakeUp;
  readonly #throttledUntil = new Map<number, number>();
  #refreshing: boolean = false;
  #asksForId: boolean = false;
  #closed: boolean = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#ids = new ProducerIds(options.client);
    this.#wake = new WakeUp(options.clock, () => this.pump());
  }

  pump(): void {
    while (!this.#closed) {
      const loads = this.#ready();
      if (loads.length === 0) return;
      if (this.#options.settings.idempotent && this.#ids.current === null) {
        this.#askForId();
        return;
      }
      for (const { node, queues } of loads) void this.#send(node, queues);
    }
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#closed = true;
    this.#wake.close();
  }

  /** What can be sent now, by node. Whatever else it takes before the rest can be sent is set off. */
  #ready(): readonly Load[] {
    const { cluster, clock, settings } = this.#options;
    const now = clock.now();
    const hurried = this.#options.hurried();
    const loads = new Map<number, Load>();
    for (const queue of this.#options.queues()) {
      if (queue.producer === null) this.#ids.drop(queue.former);
      const node = cluster.leaderOf(queue)?.node;
      if (node === undefined) {
        if (queue.notBefore > now) this.#wake.at(queue.notBefore);
        else this.refresh(queue.topic);
        continue;
      }
      const inFlight = this.#inFlight.get(node.nodeId) ?? 0;
      const readyAt = Math.max(
        queue.readyAt(inFlight === 0, hurried),
        this.#throttledUntil.get(node.nodeId) ?? Number.NEGATIVE_INFINITY,
      );
      if (readyAt === Number.POSITIVE_INFINITY || inFlight >= settings.maxInFlight) continue;
      if (readyAt > now) {
        this.#wake.at(readyAt);
        continue;
      }
      const load = loads.get(node.nodeId);
      if (load === undefined) loads.set(node.nodeId, { node, queues: [queue] });
      else load.queues.push(queue);
    }
    return [...loads.values()];
  }

  async #send(node: Node, queues: readonly PartitionQueue[]): Promise<void> {
    const sent = this.#fill(queues);
    this.#inFlight.set(node.nodeId, (this.#inFlight.get(node.nodeId) ?? 0) + 1);
    for (const { queue, batch } of sent) queue.sending(batch);
    let answer: ProduceAnswer | null = null;
    let failure: unknown = null;
    try {
      answer = await this.#request(node, sent);
    } catch (error) {
      failure = error; // told apart below, batch by batch
    }
    this.#inFlight.set(node.nodeId, (this.#inFlight.get(node.nodeId) ?? 1) - 1);
    for (const { queue, batch } of sent) queue.returned(batch);
    if (this.#closed) return;
    if (failure !== null) for (const one of sent) this.#requestFailed(one, failure);
    else if (answer === null) for (const { queue, batch } of sent) queue.written(batch, -1);
    else this.#answered(node, sent, answer);
    this.pump();
  }

  #fill(queues: readonly PartitionQueue[]): readonly Sent[] {
    const sent: Sent[] = [];
    let size = 0;
    // The oldest first: when not all fit, a busy partition would hold back the others for ever.
    for (const queue of queues.toSorted((a, b) => a.oldestAt - b.oldestAt)) {
      const { batch, bytes } = queue.encode(this.#options.settings.compression, this.#ids.current);
      if (sent.length > 0 && size + bytes.length > requestBytesMax) break; // it stays as it is and goes next
      sent.push({ queue, batch, bytes });
      size += bytes.length;
    }
    return sent;
  }

  #request(node: Node, sent: readonly Sent[]): Promise<ProduceAnswer> {
    const { client, settings, requestTimeoutMs } = this.#options;
    const request = produceRequest(sent, settings, requestTimeoutMs);
    return client.send(node, 'produce', produce, request, { maxVersion, noResponse: settings.acks === 0 });
  }

  #answered(node: Node, sent: readonly Sent[], answer: ProduceAnswer): void {
    if (answer.throttleTimeMs > 0) {
      const delayMs = Math.min(answer.throttleTimeMs, throttleMaxMs);
      this.#throttledUntil.set(node.nodeId, this.#options.clock.now() + delayMs);
    }
    for (const one of sent) {
      const partition = answerTo(one, answer);
      if (partition === undefined) this.#retry(one, notMentioned(one));
      else this.#settle(one, partition);
    }
  }

  #settle(sent: Sent, answer: PartitionAnswer): void {
    const { queue, batch } = sent;
    const error = (): KafkaError => refusal(nameOf(sent), answer.errorCode, answer.errorMessage);
    const action = produceAction(answer.errorCode, batch.records.length);
    switch (action) {
      case 'written':
        queue.written(batch, answer.baseOffset);
        return;
      case 'retry':
        queue.doubt(batch); // REQUEST_TIMED_OUT and NOT_ENOUGH_REPLICAS_AFTER_APPEND: the leader has it
        this.#retry(sent, error());
        return;
      case 'wait':
        this.#again(queue);
        return;
      case 'split':
        queue.split(batch, true);
        return;
      case 'halve':
        queue.split(batch, false);
        return;
      case 'renew':
        if (!queue.isFirst(batch)) return; // one before it has not arrived: they go again, in order
        this.#ids.drop(queue.producer);
        queue.renew();
        this.#retry(sent, error());
        return;
      case 'refuse':
        queue.refused(batch, error());
        return;
      default:
        action satisfies never;
    }
  }

  /** The request as a whole failed; whether the broker has written anything of it is unknown. */
  #requestFailed(sent: Sent, error: unknown): void {
    sent.queue.doubt(sent.batch);
    // A broker that cannot be reached may be back soon, and nobody has refused anything.
    if (isRuntimeFault(error) && error.code === 'RT_KAFKA_CONNECTION' && error.retryable) this.#again(sent.queue);
    else if (!isRuntimeFault(error) || error.retryable) this.#retry(sent, error);
    else sent.queue.refused(sent.batch, error);
  }

  /** Sends the batch again, unless it has come back too often. */
  #retry(sent: Sent, error: unknown): void {
    const { settings, untilAnswered } = this.#options;
    const { retries } = settings;
    const counts = untilAnswered !== true && !sent.batch.records.some(({ deadLetter }) => deadLetter);
    if (counts && sent.queue.countRetry(sent.batch) > retries) {
      sent.queue.refused(sent.batch, gaveUp(nameOf(sent), retries, error));
    } else {
      this.#again(sent.queue);
    }
  }

  #again(queue: PartitionQueue): void {
    queue.notBefore = this.#options.clock.now() + backoffMs(backoff, queue.failures++, this.#options.random);
    this.refresh(queue.topic); // most failures mean that the leader has moved
  }

  /** Asks for the topic's partitions and leaders, and pumps afterwards. */
  refresh(topic: string): void {
    if (this.#refreshing) return;
    this.#refreshing = true;
    void this.#options.cluster
      .refresh([topic]) // the cluster spaces what is asked of it, so asking again and again is no loop
      .then(
        () => 0,
        () => backoff.baseDelayMs, // no broker answers: the records wait, until their deadline
      )
      .then((delayMs) => {
        this.#refreshing = false;
        this.#pumpIn(delayMs);
      });
  }

  #askForId(): void {
    if (this.#asksForId) return;
    this.#asksForId = true;
    void this.#ids
      .request()
      .then(
        () => 0,
        (error: unknown) => {
          if (!isRuntimeFault(error) || error.retryable) return backoff.maxDelayMs;
          for (const queue of this.#options.queues()) if (queue.inFlight === 0) queue.abandon(error);
          return 0;
        },
      )
      .then((delayMs) => {
        this.#asksForId = false;
        this.#pumpIn(delayMs);
      });
  }

  #pumpIn(delayMs: number): void {
    if (delayMs === 0) this.pump();
    else this.#wake.at(this.#options.clock.now() + delayMs);
  }
}
