/** What an operator does to a topic while somebody reads it. */
import { createPartitions } from '../../../runtime/protocol/create-partitions.ts';
import { deleteRecords } from '../../../runtime/protocol/delete-records.ts';
import { deleteTopics } from '../../../runtime/protocol/delete-topics.ts';
import type { TestKafka } from '../../../runtime/testing/test-kafka.ts';
import { until } from '../../../runtime/testing/until.ts';

const timeoutMs = 10_000;

export async function addPartitions(kafka: TestKafka, topic: string, count: number): Promise<void> {
  const answer = await kafka.client.send('any', 'metadata', createPartitions, {
    topics: [{ name: topic, partitionCount: count, assignments: null }],
    timeoutMs,
    validateOnly: false,
  });
  if (answer.topics[0]?.errorCode !== 0) throw new Error(`no partitions were added: ${JSON.stringify(answer)}`);
  await untilLed(kafka, topic, count);
}

/** The offset becomes the first one that there is. */
export async function deleteBelow(kafka: TestKafka, topic: string, offset: number): Promise<void> {
  await kafka.cluster.refresh([topic]);
  const { node } = kafka.cluster.leaderOf({ topic, partition: 0 })!;
  const answer = await kafka.client.send(node, 'metadata', deleteRecords, {
    topics: [{ name: topic, partitions: [{ partition: 0, offset }] }],
    timeoutMs,
  });
  if (answer.topics[0]?.partitions[0]?.errorCode !== 0) throw new Error(`not deleted: ${JSON.stringify(answer)}`);
}

/** Another topic of the same name, with one partition. */
export async function makeAnew(kafka: TestKafka, topic: string): Promise<void> {
  await kafka.cluster.refresh([topic]);
  const { topicId } = kafka.cluster.topic(topic);
  const answer = await kafka.client.send('any', 'metadata', deleteTopics, {
    topics: [{ name: topic, topicId: '0'.repeat(32) }],
    names: [topic],
    timeoutMs,
  });
  if (answer.topics[0]?.errorCode !== 0) throw new Error(`not deleted: ${JSON.stringify(answer)}`);
  // While the old one is on its way out, Kafka says that the topic is there already.
  await until(async () => {
    await kafka.createTopics({ [topic]: { partitions: 1 } });
    await kafka.cluster.refresh([topic]);
    const { topicId: now, partitionCount } = kafka.cluster.topic(topic);
    return partitionCount > 0 && now !== topicId;
  });
  await untilLed(kafka, topic, 1);
}

async function untilLed(kafka: TestKafka, topic: string, partitions: number): Promise<void> {
  await until(async () => {
    await kafka.cluster.refresh([topic]);
    return Array.from({ length: partitions }).every((_, partition) => kafka.cluster.leaderOf({ topic, partition }));
  });
}
