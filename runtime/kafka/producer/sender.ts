/**
 * Sends the batches of all partitions to their leaders: one request at a time per broker, each with one batch of every
 * partition that has something for it. What queues up while a request is under way goes with the next one, so batches
 * grow with the load and a lone record does not wait.
 *
 * `pump` is the whole schedule. It runs after everything that may have changed something (a record, an answer, a new
 * leader, a timer) and sends whatever can be sent now.
 */
import { type Backoff, backoffMs } from '../../core/backoff.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { isRuntimeFault } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { ProducerSettings } from '../../core/settings.ts';
import type { ResponseOf } from '../../protocol/api.ts';
import { zeroUuid } from '../../protocol/codec.ts';
import { produce } from '../../protocol/produce.ts';
import type { Cluster, Node } from '../cluster.ts';
import type { KafkaClient } from '../port.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { produceAction, refusal } from './produce-errors.ts';
import { ProducerIds } from './producer-id.ts';

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
}

const backoff: Backoff = { baseDelayMs: 100, maxDelayMs: 1_000, jitter: 0.2 };
const requestBytesMax = 1_048_576; // Kafka's max.request.size; one batch may be larger
const throttleMaxMs = 30_000;
/** Version 13 names topics by id only. */
const maxVersion = 12;

interface Sent {
  readonly queue: PartitionQueue;
  readonly bytes: Buffer;
}

type PartitionAnswer = ResponseOf<typeof produce>['topics'][number]['partitions'][number];

export class Sender {
  readonly #options: SenderOptions;
  readonly #ids: ProducerIds;
  readonly #busy = new Set<number>();
  readonly #throttledUntil = new Map<number, number>();
  #refreshing: boolean = false;
  #asksForId: boolean = false;
  #wake: { readonly at: number; readonly timer: Timer } | null = null;
  #closed: boolean = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#ids = new ProducerIds(options.client);
  }

  pump(): void {
    if (this.#closed) return;
    const { cluster, clock } = this.#options;
    const now = clock.now();
    const byNode = new Map<number, { readonly node: Node; readonly queues: PartitionQueue[] }>();
    for (const queue of this.#options.queues()) {
      if (queue.inFlight) continue;
      if (queue.producer === null) this.#ids.drop(queue.former);
      const node = cluster.leaderOf(queue)?.node;
      const readyAt = Math.max(queue.notBefore, node === undefined ? 0 : (this.#throttledUntil.get(node.nodeId) ?? 0));
      if (readyAt > now) this.#pumpAt(readyAt);
      else if (node === undefined) this.refresh(queue.topic);
      else if (!this.#busy.has(node.nodeId)) {
        const found = byNode.get(node.nodeId);
        if (found === undefined) byNode.set(node.nodeId, { node, queues: [queue] });
        else found.queues.push(queue);
      }
    }
    if (byNode.size === 0) return;
    if (this.#options.settings.idempotent && this.#ids.current === null) this.#askForId();
    else for (const { node, queues } of byNode.values()) void this.#send(node, queues);
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#closed = true;
    this.#wake?.timer.cancel();
  }

  async #send(node: Node, queues: readonly PartitionQueue[]): Promise<void> {
    const sent = this.#fill(queues);
    this.#busy.add(node.nodeId);
    for (const { queue } of sent) queue.sending();
    let answer: ResponseOf<typeof produce> | null = null;
    let failure: unknown = null;
    try {
      answer = await this.#request(node, sent);
    } catch (error) {
      failure = error; // told apart below, batch by batch
    }
    this.#busy.delete(node.nodeId);
    for (const { queue } of sent) queue.returned();
    if (this.#closed) return;
    if (failure !== null) for (const { queue } of sent) this.#requestFailed(queue, failure);
    else if (answer === null) for (const { queue } of sent) queue.written(-1);
    else this.#answered(node, sent, answer);
    this.pump();
  }

  #fill(queues: readonly PartitionQueue[]): readonly Sent[] {
    const sent: Sent[] = [];
    let size = 0;
    for (const queue of queues) {
      const bytes = queue.encode(this.#options.settings.compression, this.#ids.current);
      if (sent.length > 0 && size + bytes.length > requestBytesMax) break; // its batch stays cut and goes next
      sent.push({ queue, bytes });
      size += bytes.length;
    }
    return sent;
  }

  #request(node: Node, sent: readonly Sent[]): Promise<ResponseOf<typeof produce>> {
    const topics = Map.groupBy(sent, ({ queue }) => queue.topic);
    const request = {
      transactionalId: null,
      acks: this.#options.settings.acks,
      timeoutMs: this.#options.requestTimeoutMs,
      topics: [...topics].map(([name, batches]) => ({
        name,
        topicId: zeroUuid,
        partitions: batches.map(({ queue, bytes }) => ({ partition: queue.partition, records: bytes })),
      })),
    };
    const noResponse = this.#options.settings.acks === 0;
    return this.#options.client.send(node, 'produce', produce, request, { maxVersion, noResponse });
  }

  #answered(node: Node, sent: readonly Sent[], answer: ResponseOf<typeof produce>): void {
    if (answer.throttleTimeMs > 0) {
      const delayMs = Math.min(answer.throttleTimeMs, throttleMaxMs);
      this.#throttledUntil.set(node.nodeId, this.#options.clock.now() + delayMs);
    }
    for (const { queue } of sent) {
      const partition = answer.topics
        .find((topic) => topic.name === queue.topic)
        ?.partitions.find((one) => one.partition === queue.partition);
      if (partition === undefined) this.#retry(queue);
      else this.#settle(queue, partition);
    }
  }

  #settle(queue: PartitionQueue, answer: PartitionAnswer): void {
    const action = produceAction(answer.errorCode, queue.batchRecords.length);
    switch (action) {
      case 'written':
        queue.written(answer.baseOffset);
        return;
      case 'retry':
        this.#retry(queue);
        return;
      case 'split':
        queue.split();
        return;
      case 'renew':
        this.#ids.drop(queue.producer);
        queue.renew();
        this.#retry(queue);
        return;
      case 'refuse':
        queue.refused(refusal(`a batch for ${queue.topic}/${queue.partition}`, answer.errorCode, answer.errorMessage));
        return;
      default:
        action satisfies never;
    }
  }

  /** The request as a whole failed; whether the broker has written anything of it is unknown. */
  #requestFailed(queue: PartitionQueue, error: unknown): void {
    if (!isRuntimeFault(error) || error.retryable) {
      this.#retry(queue);
      return;
    }
    queue.refused(error);
    queue.renew(); // the next batch must not take a sequence that may be used: it would pass for a duplicate
  }

  #retry(queue: PartitionQueue): void {
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
          for (const queue of this.#options.queues()) if (!queue.inFlight) queue.abandon(error);
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
    else this.#pumpAt(this.#options.clock.now() + delayMs);
  }

  #pumpAt(at: number): void {
    if (this.#closed || (this.#wake !== null && this.#wake.at <= at)) return;
    this.#wake?.timer.cancel();
    const timer = this.#options.clock.after(Math.max(0, at - this.#options.clock.now()), () => {
      this.#wake = null;
      this.pump();
    });
    this.#wake = { at, timer };
  }
}
