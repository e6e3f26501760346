/** A broker's topics and records for tests of the consumer, through the same port as the engine. */
import { systemClock } from '../../../../runtime/core/clock.ts';
import type { BrokerAddress } from '../../../../runtime/core/settings.ts';
import { createKafkajsClient } from '../../../../runtime/kafka/kafkajs/client.ts';
import { addPartitionsToTxn } from '../../../../runtime/protocol/add-partitions-to-txn.ts';
import { zeroUuid } from '../../../../runtime/protocol/codec.ts';
import { createTopics } from '../../../../runtime/protocol/create-topics.ts';
import { endTxn } from '../../../../runtime/protocol/end-txn.ts';
import { kafkaErrors as k } from '../../../../runtime/protocol/error-codes.ts';
import { coordinatorKeyTypes, findCoordinator } from '../../../../runtime/protocol/find-coordinator.ts';
import { initProducerId } from '../../../../runtime/protocol/init-producer-id.ts';
import { offsetFetch } from '../../../../runtime/protocol/offset-fetch.ts';
import { produce } from '../../../../runtime/protocol/produce.ts';
import { writeBatch } from '../../../../runtime/protocol/records/batch-writer.ts';

export interface TestTopics extends AsyncDisposable {
  create(topic: string, partitionCount: number): Promise<void>;
  /** Writes `count` records `v0`, `v1`, … as one batch. */
  write(topic: string, partition: number, count: number): Promise<void>;
  /** Writes these values into partition 0 as one transaction. */
  transact(topic: string, end: 'abort' | 'commit', ...values: readonly string[]): Promise<void>;
  /** Committed offset; -1 for none. */
  committed(group: string, topic: string, partition: number): Promise<number>;
}

export function testTopics(broker: BrokerAddress): TestTopics {
  const client = createKafkajsClient({
    brokers: [broker],
    clientId: 'test',
    requestTimeoutMs: 10_000,
    maxResponseBytes: 1024 * 1024,
    clock: systemClock,
    emit: () => {},
  });
  const transactionalId = `test-${crypto.randomUUID()}`;

  const send = (topic: string, partition: number, records: Buffer, transaction: string | null = null) =>
    settled(async () => {
      const topics = [{ name: topic, topicId: zeroUuid, partitions: [{ partition, records }] }];
      const request = { transactionalId: transaction, acks: -1, timeoutMs: 10_000, topics };
      // From v13 on topics go by id.
      const answer = await client.send(broker, 'produce', produce, request, { maxVersion: 11 });
      return answer.topics[0]!.partitions[0]!;
    });

  return {
    async create(topic, partitionCount) {
      const answer = await client.send('any', 'metadata', createTopics, {
        topics: [{ name: topic, partitionCount, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 10_000,
        validateOnly: false,
      });
      if (answer.topics[0]?.errorCode !== 0) throw new Error(`topic ${topic} was not made`);
    },
    async write(topic, partition, count) {
      const values = Array.from({ length: count }, (_, i) => `v${i}`);
      await send(topic, partition, writeBatch({ records: toRecords(values) }));
    },
    async transact(topic, end, ...values) {
      // Asking for the coordinator makes Kafka's own topic of transactions.
      const question = { key: transactionalId, keyType: coordinatorKeyTypes.transaction, keys: [] };
      await settled(() => client.send(broker, 'metadata', findCoordinator, question, { maxVersion: 2 }));
      const producer = await settled(() =>
        client.send(broker, 'produce', initProducerId, {
          ...{ transactionalId, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 },
        }),
      );
      const { producerId, producerEpoch } = producer;
      const member = { transactionalId, producerId, producerEpoch };
      const places = [{ name: topic, partitions: [0] }];
      await settled(async () => {
        const request = { transactions: [], ...member, topics: places };
        const answer = await client.send(broker, 'produce', addPartitionsToTxn, request, { maxVersion: 3 });
        return answer.topics[0]!.partitions[0]!;
      });
      const origin = { producerId, producerEpoch, baseSequence: 0, transactional: true };
      await send(topic, 0, writeBatch({ records: toRecords(values), ...origin }), transactionalId);
      const request = { ...member, committed: end === 'commit' };
      await settled(() => client.send(broker, 'produce', endTxn, request, { maxVersion: 3 }));
    },
    async committed(group, topic, partition) {
      const topics = [{ name: topic, topicId: zeroUuid, partitions: [partition] }];
      const answer = await client.send(
        'any',
        'metadata',
        offsetFetch,
        {
          groupId: group,
          topics,
          groups: [{ groupId: group, memberId: null, memberEpoch: -1, topics }],
          requireStable: false,
        },
        { maxVersion: 9 },
      );
      return (answer.groups[0] ?? answer).topics[0]!.partitions[0]!.offset;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function toRecords(values: readonly string[]) {
  return values.map((value, i) => ({
    key: Buffer.from(`k${i}`),
    value: Buffer.from(value),
    headers: [],
    timestamp: Date.UTC(2026, 0, 1),
  }));
}

/** A topic or a transaction that was made a moment ago is not known everywhere yet: asks until it is. */
async function settled<T extends { readonly errorCode: number }>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await ask();
    if (answer.errorCode === 0) return answer;
    if (!passing.has(answer.errorCode) || tries === 1000) throw new Error(`answered with ${answer.errorCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const passing = new Set<number>([
  k.UNKNOWN_TOPIC_OR_PARTITION,
  k.NOT_LEADER_OR_FOLLOWER,
  k.COORDINATOR_LOAD_IN_PROGRESS,
  k.COORDINATOR_NOT_AVAILABLE,
  k.NOT_COORDINATOR,
  k.CONCURRENT_TRANSACTIONS,
]);
