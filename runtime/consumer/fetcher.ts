/**
 * One fetch loop for each broker that leads partitions of ours, and what becomes of their answers.
 *
 *   arrange()   after partitions opened or leaders changed: a loop for every leader; loops without work end themselves
 *   wake()      some partition has room again
 */
import { backoffMs } from '../core/backoff.ts';
import type { BytesPool } from '../core/bytes-pool.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { LoopWait } from '../core/loop-wait.ts';
import type { ProgressPool } from '../core/progress.ts';
import type { Random } from '../core/random.ts';
import { partitionKey } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import { addressText } from '../kafka/client-options.ts';
import type { Cluster, Node } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { ProtocolError } from '../protocol/reader.ts';
import { actionFor, fatalError } from './error-actions.ts';
import { FetchLoop } from './fetch-loop.ts';
import { type Asked, type FetchResponse, isCurrent, type LedPartition } from './fetch-plan.ts';
import type { AssignedPartition } from './partition.ts';
import { splitRecords } from './record-sets.ts';
import { retryBackoff } from './retry-backoff.ts';
import type { SetQueue } from './set-queue.ts';

/** Between two looks at bytes that are damaged (row B8: not more than one fetch per second). */
const rereadAfterMs = 1_000;

export interface FetcherOptions {
  readonly group: GroupSettings;
  readonly client: KafkaClient;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly pool: ProgressPool;
  readonly bytes: BytesPool;
  readonly queue: SetQueue;
  /** All that are assigned, in whatever state. */
  readonly partitions: () => Iterable<AssignedPartition>;
  readonly hasRoom: (partition: AssignedPartition) => boolean;
  /** The first offset that is not read any more; none when missing. */
  readonly endOf?: (partition: AssignedPartition) => number;
  readonly outOfRange: (partition: AssignedPartition) => void;
  /** The topic was deleted and another one has its name. */
  readonly replaced: (partition: AssignedPartition) => void;
  /** @returns whether the bytes at its position are worth another read */
  readonly damaged: (partition: AssignedPartition, reason: string) => 'again' | 'stopped';
  readonly failed: (error: unknown) => void;
}

type PartitionAnswer = FetchResponse['topics'][number]['partitions'][number];

export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #loops = new Map<string, FetchLoop>();
  readonly #stopping = new AbortController();
  #refreshing: boolean = false;
  #arranging: boolean = false;
  /** Requests in a row that failed, over all brokers. */
  #failures = 0;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** Makes the loops fit to the partitions and their leaders: once for all partitions that open together. */
  arrange(): void {
    if (this.#arranging) return;
    this.#arranging = true;
    queueMicrotask(() => this.#arrange());
  }

  #arrange(): void {
    this.#arranging = false;
    if (this.#stopping.signal.aborted) return;
    this.#findReplaced();
    let leaderless = false;
    for (const partition of this.#options.partitions()) {
      if (!this.#isWanted(partition)) continue;
      const leader = this.#options.cluster.leaderOf(partition);
      if (leader === null) leaderless = true;
      else if (!this.#loops.has(addressText(leader.node))) this.#startLoop(leader.node);
    }
    if (leaderless) this.#refresh();
    this.wake();
  }

  wake(): void {
    for (const loop of this.#loops.values()) loop.wake();
  }

  /** Answers under way are dropped. */
  stop(): void {
    this.#stopping.abort();
    for (const loop of this.#loops.values()) loop.stop();
  }

  #startLoop(node: Node): void {
    const { group, client, clock, emit, hasRoom, partitions } = this.#options;
    const address = addressText(node);
    const loop = new FetchLoop({
      node,
      group,
      client,
      clock,
      wait: new LoopWait(emit, { group: group.name, loop: `fetch from ${address}` }),
      readable: {
        hasRoom,
        partitions: () => this.#ledBy(address),
        moreToCome: () => [...partitions()].some(({ state }) => state === 'opening'),
      },
      received: (asked, response) => this.#receive(asked, response),
      failed: (error) => this.#fail(error),
      ended: () => this.#loops.delete(address),
    });
    this.#loops.set(address, loop);
  }

  /** Positions of a topic that is gone mean nothing in the one that has its name now. */
  #findReplaced(): void {
    const { partitions, cluster, replaced } = this.#options;
    for (const partition of [...partitions()]) {
      if (partition.fetchable && !partition.isOf(cluster.topic(partition.topic).topicId)) replaced(partition);
    }
  }

  #isWanted(partition: AssignedPartition): boolean {
    return partition.fetchable && partition.position < this.#endOf(partition);
  }

  #endOf(partition: AssignedPartition): number {
    return this.#options.endOf?.(partition) ?? Number.POSITIVE_INFINITY;
  }

  #ledBy(address: string): LedPartition[] {
    this.#findReplaced();
    const led: LedPartition[] = [];
    for (const partition of this.#options.partitions()) {
      if (!this.#isWanted(partition)) continue;
      const leader = this.#options.cluster.leaderOf(partition);
      if (leader === null) this.#refresh();
      else if (addressText(leader.node) === address) led.push({ partition, leaderEpoch: leader.leaderEpoch });
      // It has moved, as somebody else's refresh has found out.
      else if (!this.#loops.has(addressText(leader.node))) this.#startLoop(leader.node);
    }
    return led;
  }

  async #receive(asked: Asked, response: FetchResponse): Promise<void> {
    if (response.errorCode !== 0) return this.#fail(fetchError(response.errorCode));
    this.#failures = 0;
    const places = new Map(asked.map((place) => [partitionKey(place.partition), place]));
    const names = new Map(asked.map(({ partition }) => [partition.topicId, partition.topic]));
    for (const { name, topicId, partitions } of response.topics) {
      const topic = names.get(topicId) ?? name; // by id or by name, as the version has it
      for (const answer of partitions) {
        const place = places.get(partitionKey({ topic, partition: answer.partition }));
        // Revoked, lost or moved while the request was under way: these bytes are of the past.
        if (place === undefined || !isCurrent(place)) continue;
        if (answer.errorCode === 0) this.#take(place.partition, answer);
        else this.#refused(place.partition, answer.errorCode);
      }
    }
    await this.#options.queue.emptied();
  }

  #take(partition: AssignedPartition, answer: PartitionAnswer): void {
    const { records, abortedTransactions } = answer;
    if (records === null || records.length === 0) return;
    const { group, pool, bytes, queue, emit } = this.#options;
    const { topic, partition: number, epoch, position } = partition;
    const aborted = abortedTransactions ?? [];
    try {
      const split = splitRecords(
        { topic, partition: number, epoch, position, end: this.#endOf(partition), records, aborted },
        pool,
        bytes,
      );
      if (split.sets.length === 0) return;
      partition.advance(split.position);
      queue.push(split.sets);
      const count = split.sets.reduce((sum, set) => sum + set.recordCount, 0);
      emit('records.fetched', { group: group.name, topic, partition: number, records: count, bytes: records.length });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#reread(partition, error.message);
    }
  }

  #refused(partition: AssignedPartition, code: number): void {
    switch (actionFor('fetch', code)) {
      case 'reset':
        this.#options.outOfRange(partition);
        break;
      case 'reread':
        this.#reread(partition, `the broker reports damaged records (${code})`);
        break;
      case 'fatal':
        this.#options.failed(fatalError(`fetching ${partitionKey(partition)}`, code));
        break;
      case 'refresh':
        this.#postpone(partition);
        this.#refresh();
        break;
      default:
        this.#postpone(partition);
    }
  }

  #reread(partition: AssignedPartition, reason: string): void {
    const { damaged, clock } = this.#options;
    if (damaged(partition, reason) === 'again') partition.notBefore = clock.now() + rereadAfterMs;
  }

  #postpone(partition: AssignedPartition): void {
    const { clock, random } = this.#options;
    partition.notBefore = clock.now() + backoffMs(retryBackoff, partition.failures++, random);
  }

  /** The request as a whole failed. Resolves when the next one may be sent. */
  async #fail(error: unknown): Promise<void> {
    const { clock, random, failed } = this.#options;
    if (!(error instanceof KafkaError && error.retryable)) return failed(error);
    // Positions stay: what was handed over is worked on meanwhile. An answer that can never be taken (larger than
    // `kafka.maxResponseBytes`) is asked for again too: each try is in the log, and the fetch counts as stuck.
    this.#refresh();
    await sleep(clock, backoffMs(retryBackoff, this.#failures++, random), this.#stopping.signal);
  }

  /** Leaders may have moved. Not waited for: partitions that stayed are fetched meanwhile. */
  #refresh(): void {
    if (this.#refreshing || this.#stopping.signal.aborted) return;
    this.#refreshing = true;
    this.#options.cluster
      .refresh(this.#options.group.topics.map(({ name }) => name))
      .catch((error: unknown) => {
        if (!(error instanceof KafkaError && error.retryable)) this.#options.failed(error);
      })
      .finally(() => {
        this.#refreshing = false;
        this.arrange();
      });
  }
}

function fetchError(code: number): KafkaError {
  const refused = fatalError('the fetch', code);
  if (actionFor('fetch', code) === 'fatal') return refused;
  return new KafkaError('RT_KAFKA_REFUSED', refused.message, { retryable: true });
}
