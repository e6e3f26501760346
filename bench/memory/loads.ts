/** What the topics hold: records of one size, or batches that unpack to far more than they are. */
import { setTimeout as sleep } from 'node:timers/promises';
import { zeroUuid } from '../../runtime/protocol/codec.ts';
import { createTopics } from '../../runtime/protocol/create-topics.ts';
import { isRetryableKafkaError, kafkaErrorName } from '../../runtime/protocol/error-codes.ts';
import { produce } from '../../runtime/protocol/produce.ts';
import { codecs } from '../../runtime/protocol/records/batch-header.ts';
import { writeBatch } from '../../runtime/protocol/records/batch-writer.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';

const bombBytes = 300 * 1024 * 1024;

/** Row B7: a record of 300 MiB in a batch of at most 14 MiB, one partition for each codec. @returns the topic */
export async function plantBombs(address: { readonly host: string; readonly port: number }): Promise<string> {
  const topic = 'bombs';
  const kafka = new TestKafka([address]);
  try {
    const packing = codecs.filter((codec) => codec !== 'none');
    await createRoomy(kafka, topic, packing.length);
    for (const [partition, codec] of packing.entries()) {
      const value = Buffer.alloc(bombBytes);
      await send(
        kafka,
        topic,
        partition,
        writeBatch({ records: [{ key: null, value, headers: [], timestamp: 0 }], codec }),
      );
    }
    return topic;
  } finally {
    await kafka.close();
  }
}

/** With room for snappy, which packs zeros to a twentieth only. */
async function createRoomy(kafka: TestKafka, name: string, partitionCount: number): Promise<void> {
  const configs = [{ name: 'max.message.bytes', value: '33554432' }];
  const topics = [{ name, partitionCount, replicationFactor: 1, assignments: [], configs }];
  const answer = await kafka.client.send('any', 'metadata', createTopics, {
    topics,
    timeoutMs: 10_000,
    validateOnly: false,
  });
  const { errorCode } = answer.topics[0]!;
  if (errorCode !== 0) throw new Error(`creating ${name}: ${kafkaErrorName(errorCode)}`);
}

async function send(kafka: TestKafka, topic: string, partition: number, records: Buffer): Promise<void> {
  for (;;) {
    await kafka.cluster.refresh([topic]);
    const leader = kafka.cluster.leaderOf({ topic, partition });
    if (leader === null) continue;
    const topics = [{ name: topic, topicId: zeroUuid, partitions: [{ partition, records }] }];
    const request = { transactionalId: null, acks: 1, timeoutMs: 30_000, topics };
    const answer = await kafka.client.send(leader.node, 'produce', produce, request, { maxVersion: 12 });
    const { errorCode } = answer.topics[0]!.partitions[0]!;
    if (errorCode === 0) return;
    if (!isRetryableKafkaError(errorCode)) throw new Error(`producing to ${topic}: ${kafkaErrorName(errorCode)}`);
    await sleep(50);
  }
}
