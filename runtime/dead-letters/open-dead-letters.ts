/** Dead letters over connections of their own, for programs that run no groups. */
import { systemClock } from '../core/clock.ts';
import { UsageError } from '../core/errors.ts';
import { EventHub } from '../core/events.ts';
import { systemRandom } from '../core/random.ts';
import type { KafkaSettings, ProducerSettings } from '../core/settings.ts';
import { Cluster } from '../kafka/cluster.ts';
import { loadClient } from '../kafka/load-client.ts';
import { createProducer } from '../publisher/producer.ts';
import { DeadLetters } from './dead-letters.ts';

export interface OpenDeadLettersSettings {
  readonly kafka: KafkaSettings;
  readonly producer: ProducerSettings;
}

export interface OpenDeadLetters {
  readonly letters: DeadLetters;
  /** Waits for replays under way, then closes connections. */
  close(): Promise<void>;
}

/** Connects with the first call. @throws UsageError without brokers */
export async function openDeadLetters({
  kafka,
  producer: settings,
}: OpenDeadLettersSettings): Promise<OpenDeadLetters> {
  const { brokers, requestTimeoutMs } = kafka;
  if (brokers === 'embedded') {
    const message =
      'no Kafka is named, and an embedded broker of its own would hold no dead letters: set kafka.brokers or KAFKA_BROKERS';
    throw new UsageError('RT_USAGE', message, { retryable: false });
  }
  const deps = { clock: systemClock, random: systemRandom, emit: new EventHub().emit };
  const client = (await loadClient(kafka.client))({ ...kafka, brokers, ...deps });
  const cluster = new Cluster({ client, ...deps });
  // What is sent back goes by its key, so no module is needed that would choose.
  const own: ProducerSettings = { ...settings, acks: -1, partitioner: { by: 'key', file: null, keyRequired: false } };
  const producer = createProducer({ client, cluster, settings: own, requestTimeoutMs, ...deps });
  const letters = new DeadLetters({
    ...{ client, cluster, requestTimeoutMs, ...deps },
    write: async (record) => (await producer.send([record], { deadLetter: true }))[0]!,
  });
  return {
    letters,
    async close() {
      await producer.flush();
      producer.close();
      cluster.close();
      await client.close();
    },
  };
}
