/** What a test asks of Kafka beside the runtime under test, over connections of its own: topics, records, offsets. */
import { systemClock } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import { systemRandom } from '../core/random.ts';
import type { BrokerAddress } from '../core/settings.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { Cluster } from '../kafka/cluster.ts';
import { createKafkajsClient } from '../kafka/kafkajs/client.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { createTopics } from '../protocol/create-topics.ts';
import { kafkaErrorName, kafkaErrors } from '../protocol/error-codes.ts';
import { offsetFetch } from '../protocol/offset-fetch.ts';
import { createProducer, type Producer } from '../publisher/producer.ts';
import { producerSettings } from './producer-settings.ts';
import { readTopic, type StoredRecord } from './read-topic.ts';

/** Key, value as JSON, header texts. A value of `undefined` is a tombstone; a string, number or object is JSON. */
export type TestRecord = readonly [key: string | null, value: unknown, headers?: Readonly<Record<string, string>>];

export class TestKafka {
  readonly client: KafkaClient;
  readonly cluster: Cluster;
  readonly producer: Producer;

  constructor(brokers: readonly BrokerAddress[]) {
    const timing = { clock: systemClock, random: systemRandom, emit: () => {} };
    const requestTimeoutMs = 30_000;
    this.client = createKafkajsClient({
      brokers,
      clientId: 'test',
      requestTimeoutMs,
      maxResponseBytes: 100 * 1024 * 1024,
      ...timing,
    });
    this.cluster = new Cluster({ client: this.client, ...timing });
    this.producer = createProducer({
      client: this.client,
      cluster: this.cluster,
      settings: producerSettings({ compression: 'none' }),
      requestTimeoutMs,
      ...timing,
    });
  }

  /** Topics that are there already stay as they are. */
  async createTopics(topics: Readonly<Record<string, { readonly partitions?: number }>>): Promise<void> {
    const response = await this.client.send('any', 'metadata', createTopics, {
      topics: Object.entries(topics).map(([name, { partitions }]) => ({
        name,
        partitionCount: partitions ?? 1,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      })),
      timeoutMs: 10_000,
      validateOnly: false,
    });
    const fine: readonly number[] = [0, kafkaErrors.TOPIC_ALREADY_EXISTS];
    const failed = response.topics.find(({ errorCode }) => !fine.includes(errorCode));
    if (failed !== undefined) throw refused(`creating ${failed.name}`, failed.errorCode);
  }

  /** @returns when Kafka has acknowledged all of them */
  async publish(topic: string, records: readonly (TestRecord | Omit<OutboundRecord, 'topic'>)[]): Promise<void> {
    await this.producer.send(
      records.map((record) => ({ topic, ...('headers' in record ? record : outbound(record)) })),
    );
  }

  /** The next offset that the group reads; null when it has committed nothing. */
  async committed(group: string, topic: string, partition: number): Promise<bigint | null> {
    const coordinator = await this.cluster.coordinatorOf(group);
    const topics = [{ name: topic, topicId: zeroUuid, partitions: [partition] }];
    const response = await this.client.send(
      coordinator,
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
    const found = (response.groups[0]?.topics ?? response.topics)[0]?.partitions[0];
    if (found === undefined || found.errorCode !== 0) {
      throw refused(`offsets of ${group} in ${topic}/${partition}`, found?.errorCode ?? response.errorCode);
    }
    return found.offset < 0 ? null : BigInt(found.offset);
  }

  read(topic: string): Promise<readonly StoredRecord[]> {
    return readTopic(this.client, this.cluster, topic);
  }

  async close(): Promise<void> {
    await this.producer.flush();
    this.producer.close();
    this.cluster.close();
    await this.client.close();
  }
}

function outbound([key, value, headers = {}]: TestRecord): Omit<OutboundRecord, 'topic'> {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === undefined ? null : Buffer.from(JSON.stringify(value)),
    headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
  };
}

function refused(what: string, code: number): KafkaError {
  const name = kafkaErrorName(code);
  return new KafkaError('RT_KAFKA_REFUSED', `${what}: ${name}`, { retryable: false, kafkaError: { code, name } });
}
