/** Apache Kafka for benchmarks: the one that is named, or one of our own, with the settings of its tests. */

import { startKafka } from '../../scripts/real/kafka.ts';
import { kafkaVersion } from '../../scripts/real/kafka-install.ts';
import { processWith } from '../process-usage.ts';
import type { BenchBroker } from './kinds.ts';

export async function startApacheKafka(running: string | undefined): Promise<BenchBroker> {
  if (running !== undefined && running !== '')
    return { title: 'the Kafka at KAFKA_BROKERS', brokers: running, pid: null, stop: async () => {} };
  const kafka = await startKafka({ properties: { 'log.retention.hours': '1' } });
  return {
    title: `Apache Kafka ${kafkaVersion}`,
    brokers: kafka.brokers,
    pid: processWith(`kafka.Kafka\0${kafka.dir}`),
    stop: () => kafka.stop(),
  };
}
