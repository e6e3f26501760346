/** Offsets and members of a consumer group, from outside of it. */
import { KafkaError } from '../core/errors.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { Cluster } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { kafkaErrorName } from '../protocol/error-codes.ts';
import { listGroups } from '../protocol/list-groups.ts';
import { offsetCommit } from '../protocol/offset-commit.ts';
import { offsetFetch } from '../protocol/offset-fetch.ts';

/** Who has no members: what Kafka calls such a group, in either protocol. */
const withoutMembers: readonly string[] = ['Empty', 'Dead', ''];
const outside = -1;
/** From version 10 on topics go by id. */
const namedVersionMax = 9;

export class GroupOffsets {
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;
  readonly #group: string;

  constructor(client: KafkaClient, cluster: Cluster, group: string) {
    this.#client = client;
    this.#cluster = cluster;
    this.#group = group;
  }

  /** Whether the group has members: it is being read by, or was a moment ago. @throws KafkaError */
  async hasMembers(): Promise<boolean> {
    const coordinator = await this.#cluster.coordinatorOf(this.#group);
    const response = await this.#client.send(coordinator, 'metadata', listGroups, { states: [], types: [] });
    if (response.errorCode !== 0) throw this.#refused('looking for the members', response.errorCode);
    const group = response.groups.find(({ groupId }) => groupId === this.#group);
    return group !== undefined && !withoutMembers.includes(group.state);
  }

  /** @returns by `partitionKey`, without those that have none @throws KafkaError */
  async committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
    const coordinator = await this.#cluster.coordinatorOf(this.#group);
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, of]) => ({
      name,
      topicId: zeroUuid,
      partitions: of.map(({ partition }) => partition),
    }));
    const request = {
      groupId: this.#group,
      topics,
      groups: [{ groupId: this.#group, memberId: null, memberEpoch: -1, topics }],
      requireStable: false,
    };
    const response = await this.#client.send(coordinator, 'metadata', offsetFetch, request, {
      maxVersion: namedVersionMax,
    });
    const answer = response.groups[0] ?? response;
    if (answer.errorCode !== 0) throw this.#refused('reading the offsets', answer.errorCode);
    const offsets = new Map<string, number>();
    for (const { name: topic, partitions: of } of answer.topics) {
      for (const { partition, errorCode, offset } of of) {
        if (errorCode !== 0) throw this.#refused('reading the offsets', errorCode);
        if (offset >= 0) offsets.set(partitionKey({ topic, partition }), offset);
      }
    }
    return offsets;
  }

  /** Only where the group has no members; else Kafka refuses. @throws KafkaError */
  async commit(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    const coordinator = await this.#cluster.coordinatorOf(this.#group);
    const request = {
      groupId: this.#group,
      generation: outside,
      memberId: '',
      instanceId: null,
      retentionTimeMs: -1,
      topics: [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, of]) => ({
        name,
        topicId: zeroUuid,
        partitions: of.map(({ partition, offset }) => ({ partition, offset, leaderEpoch: -1, metadata: null })),
      })),
    };
    const response = await this.#client.send(coordinator, 'metadata', offsetCommit, request, {
      maxVersion: namedVersionMax,
    });
    const failed = response.topics.flatMap(({ partitions }) => partitions).find(({ errorCode }) => errorCode !== 0);
    if (failed !== undefined) throw this.#refused('committing where to begin', failed.errorCode);
  }

  #refused(what: string, code: number): KafkaError {
    const name = kafkaErrorName(code);
    const error = { retryable: false, kafkaError: { code, name } };
    return new KafkaError('RT_KAFKA_REFUSED', `${what} of group ${this.#group}: ${name}`, error);
  }
}
