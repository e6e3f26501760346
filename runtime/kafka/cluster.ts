/**
 * What is known about the cluster: brokers, topics, who leads which partition, who coordinates which group. Shared by
 * the consumers, the producer and topic creation of one process.
 *
 *   unknown ──refresh──▶ known ──60 s, or somebody met an error──▶ stale ──refresh──▶ known
 *
 * Known facts are read at once and may be out of date: only the broker's refusal of a request tells. Whoever is
 * refused calls `refresh()`. There is one refresh at a time, for all topics ever asked for, and refreshes that follow
 * one another closely are spaced by 100 ms up to 1 s, so that a cluster in trouble is not asked in a loop.
 */
import { backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { BrokerAddress } from '../core/settings.ts';
import type { ResponseOf } from '../protocol/api.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { kafkaErrorName, kafkaErrors } from '../protocol/error-codes.ts';
import { coordinatorKeyTypes, findCoordinator } from '../protocol/find-coordinator.ts';
import { metadata } from '../protocol/metadata.ts';
import type { KafkaClient } from './port.ts';

/** A follower answers a fetch without an error and without records, so age alone must lead to a refresh. */
const ageMaxMs = 60_000;
const spacing = { baseDelayMs: 100, maxDelayMs: 1000, jitter: 0.2 };
/** A refresh this long after the last one is not part of the same trouble. */
const calmMs = 5000;

export interface Node extends BrokerAddress {
  readonly nodeId: number;
}

export interface Leader {
  readonly node: Node;
  /** −1 where the broker does not tell. */
  readonly leaderEpoch: number;
}

export interface TopicView {
  readonly name: string;
  /** 32 hex digits, zeros where the broker does not tell. Another id under the same name is another topic. */
  readonly topicId: string;
  /** 0 where the topic does not exist (yet). */
  readonly partitionCount: number;
  /** When this process first saw the topic, which may have grown since. 0 where it never did. */
  readonly firstPartitionCount: number;
  /** Kafka's code for the topic as a whole; 0 when it is fine. */
  readonly errorCode: number;
}

export interface ClusterOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
}

export class Cluster {
  readonly #client: KafkaClient;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #closing = new AbortController();
  readonly #wanted = new Set<string>();
  readonly #coordinators = new Map<string, Node>();
  #nodes: readonly Node[] = [];
  #topics: ReadonlyMap<string, TopicView> = new Map();
  #leaders: ReadonlyMap<string, Leader> = new Map();
  /** By name and id of the topic. */
  readonly #firstPartitionCounts = new Map<string, number>();
  #refreshing: { readonly topics: ReadonlySet<string>; readonly done: Promise<void> } | null = null;
  #refreshedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Refreshes since it was last calm. */
  #streak = 0;

  constructor(options: ClusterOptions) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** From what is known, which may be stale; null where nobody leads or nothing is known. */
  leaderOf(partition: TopicPartition): Leader | null {
    return this.#leaders.get(partitionKey(partition)) ?? null;
  }

  /**
   * The topics as they are known, asked for when one is unknown or the knowledge is older than `maxAgeMs`.
   * @throws KafkaError when no broker answers
   */
  async partitionsOf(topics: readonly string[], maxAgeMs: number = ageMaxMs): Promise<readonly TopicView[]> {
    const unknown = topics.some((name) => !this.#topics.has(name));
    if (unknown || this.#clock.now() - this.#refreshedAt > maxAgeMs) await this.refresh(topics);
    return topics.map((name) => this.topic(name));
  }

  /** Clock time of the last answer. */
  get learnedAt(): number {
    return this.#refreshedAt;
  }

  /** From what is known; a topic that is not known has no partitions. */
  topic(name: string): TopicView {
    return (
      this.#topics.get(name) ?? {
        name,
        topicId: zeroUuid,
        partitionCount: 0,
        firstPartitionCount: 0,
        errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION,
      }
    );
  }

  /**
   * Asks the cluster anew. Callers at the same time share one request.
   * @param topics asked for from now on, beside those known already
   * @throws KafkaError when no broker answers
   */
  async refresh(topics: readonly string[] = []): Promise<void> {
    for (const name of topics) this.#wanted.add(name);
    const under = this.#refreshing;
    if (under !== null) {
      if (topics.every((name) => under.topics.has(name))) return under.done;
      await under.done.catch(() => {}); // its callers are told
      return this.refresh(topics);
    }
    const asked = new Set(this.#wanted);
    const done = this.#refresh(asked).finally(() => {
      this.#refreshing = null;
    });
    this.#refreshing = { topics: asked, done };
    return done;
  }

  /** @throws KafkaError retryable when the group has no coordinator at the moment */
  async coordinatorOf(group: string): Promise<Node> {
    const known = this.#coordinators.get(group);
    if (known !== undefined) return known;
    const keyType = coordinatorKeyTypes.group;
    const response = await this.#ask((to) =>
      this.#client.send(to, 'metadata', findCoordinator, { key: group, keyType, keys: [group] }),
    );
    const found = response.coordinators[0] ?? response;
    if (found.errorCode !== 0) {
      const name = kafkaErrorName(found.errorCode);
      throw new KafkaError('RT_KAFKA_REFUSED', `no coordinator for group ${group}: ${name}`, {
        retryable: found.errorCode !== kafkaErrors.GROUP_AUTHORIZATION_FAILED,
        kafkaError: { code: found.errorCode, name },
      });
    }
    const node = { nodeId: found.nodeId, host: found.host, port: found.port };
    this.#coordinators.set(group, node);
    return node;
  }

  /** The broker refused, or cannot be reached: the next `coordinatorOf` asks again. */
  forgetCoordinator(group: string): void {
    this.#coordinators.delete(group);
  }

  /** Ends waiting; open requests end with the client. */
  close(): void {
    this.#closing.abort();
  }

  async #refresh(topics: ReadonlySet<string>): Promise<void> {
    await this.#space();
    this.#triedAt = this.#clock.now();
    const request = {
      topics: [...topics].map((name) => ({ topicId: zeroUuid, name })),
      autoCreateTopics: false,
      includeClusterOperations: false,
      includeTopicOperations: false,
    };
    this.#learn(await this.#ask((to) => this.#client.send(to, 'metadata', metadata, request)));
    this.#refreshedAt = this.#clock.now();
  }

  async #space(): Promise<void> {
    const sinceMs = this.#clock.now() - this.#triedAt;
    this.#streak = sinceMs > calmMs ? 0 : this.#streak + 1;
    if (this.#streak === 0) return;
    const waitMs = backoffMs(spacing, this.#streak - 1, this.#random) - sinceMs;
    if (waitMs > 0) await sleep(this.#clock, waitMs, this.#closing.signal);
  }

  /** The configured brokers first; if none answers, those that the cluster told of. */
  async #ask<T>(send: (to: 'any' | Node) => Promise<T>): Promise<T> {
    try {
      return await send('any');
    } catch (error) {
      for (const node of this.#nodes) {
        if (this.#closing.signal.aborted) break;
        try {
          return await send(node);
        } catch {
          // The first error says more: it names the addresses that the user wrote.
        }
      }
      throw error;
    }
  }

  #learn(response: ResponseOf<typeof metadata>): void {
    const nodes = response.brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port }));
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const topics = new Map<string, TopicView>();
    const leaders = new Map<string, Leader>();
    for (const topic of response.topics) {
      if (topic.name === null) continue;
      const { name, topicId, errorCode } = topic;
      const partitionCount = topic.partitions.length;
      const first = `${name} ${topicId}`;
      if (partitionCount > 0 && !this.#firstPartitionCounts.has(first)) {
        this.#firstPartitionCounts.set(first, partitionCount);
      }
      const firstPartitionCount = this.#firstPartitionCounts.get(first) ?? 0;
      topics.set(name, { name, topicId, errorCode, partitionCount, firstPartitionCount });
      for (const { partition, leader, leaderEpoch } of topic.partitions) {
        const node = byId.get(leader);
        if (node !== undefined) leaders.set(partitionKey({ topic: name, partition }), { node, leaderEpoch });
      }
    }
    this.#nodes = nodes;
    this.#topics = topics;
    this.#leaders = leaders;
  }
}
