/** What the contenders on kafkajs have in common: one consumer per group, the library's defaults, its own commits. */
import { type Consumer, type ConsumerRunConfig, Kafka, logLevel } from 'kafkajs';
import type { Job } from '../job.ts';
import { partitions } from '../workload.ts';
import type { Running } from './contend.ts';

const maxWaitMs = 500; // as ours; with its default of 5 s every end would wait for that

/** @param config handlers of one group's consumer */
export async function runKafkajs(job: Job, config: ConsumerRunConfig): Promise<Running> {
  const kafka = new Kafka({ brokers: job.brokers.split(','), clientId: 'bench-kafkajs', logLevel: logLevel.ERROR });
  const start = async (groupId: string): Promise<Consumer> => {
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: maxWaitMs });
    await consumer.connect();
    await consumer.subscribe({ topic: job.topic, fromBeginning: true });
    await consumer.run({ partitionsConsumedConcurrently: partitions, ...config });
    return consumer;
  };
  const consumers = await Promise.all(job.groups.map(start));
  return {
    stop: async () => {
      await Promise.all(consumers.map((consumer) => consumer.disconnect()));
    },
  };
}
