/** A publisher with connections of its own, for programs that run no groups. */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../core/clock.ts';
import { UsageError } from '../core/errors.ts';
import type { SchemaSettings } from '../core/event-types.ts';
import type { Emit } from '../core/events.ts';
import { systemRandom } from '../core/random.ts';
import type { KafkaSettings, ProducerSettings } from '../core/settings.ts';
import { Cluster } from '../kafka/cluster.ts';
import { loadClient } from '../kafka/load-client.ts';
import { loadOutboundCheck } from '../schemas/load-outbound-check.ts';
import { loadPartitioner } from './load-partitioner.ts';
import { createProducer } from './producer.ts';
import { EventPublisher, type Publisher } from './publisher.ts';

export interface OpenPublisherSettings {
  readonly kafka: KafkaSettings;
  readonly producer: ProducerSettings;
  /** Of every file. */
  readonly schemas: readonly SchemaSettings[];
}

/** @throws UsageError without brokers; ManifestError where the partitioner does not load */
export async function openPublisher(
  { kafka, producer: settings, schemas }: OpenPublisherSettings,
  emit: Emit,
): Promise<Publisher> {
  const { brokers } = kafka;
  if (brokers === 'embedded') {
    const message =
      'createPublisher: no Kafka is named. An embedded broker of its own would keep what it publishes from everybody else: set kafka.brokers or KAFKA_BROKERS (`runtime broker` runs one for development; a runtime tells its own by `brokers()`)';
    throw new UsageError('RT_USAGE', message, { retryable: false });
  }
  const choose = await loadPartitioner(settings.partitioner);
  const deps = { clock: systemClock, random: systemRandom, emit };
  const client = (await loadClient(kafka.client))({ ...kafka, brokers, ...deps });
  const cluster = new Cluster({ client, ...deps });
  const { requestTimeoutMs } = kafka;
  const producer = createProducer({ client, cluster, settings, choose, requestTimeoutMs, ...deps });
  const closeRest = async (): Promise<void> => {
    cluster.close();
    await client.close();
  };
  const outbound = await loadOutboundCheck(schemas);
  return new EventPublisher({ producer, outbound, clock: systemClock, newId: randomUUID, closeRest });
}
