/** An embedded broker with a topic `orders` of three partitions, and producers that are closed with the test. */
import { onTestFinished } from 'vitest';
import { type Broker, createBroker } from '../../../runtime/broker/broker.ts';
import { type Clock, systemClock } from '../../../runtime/core/clock.ts';
import { EventHub } from '../../../runtime/core/events.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import type { ProducerSettings } from '../../../runtime/core/settings.ts';
import type { OutboundRecord, RawHeader } from '../../../runtime/core/thread-messages.ts';
import { createProducer, type Producer, type ProducerOptions } from '../../../runtime/publisher/producer.ts';
import { producerSettings } from '../../../runtime/testing/producer-settings.ts';
import { TestKafka } from '../../../runtime/testing/test-kafka.ts';

export interface Setup {
  readonly broker: Broker;
  readonly kafka: TestKafka;
  /** Names of what was emitted. */
  readonly events: readonly string[];
  producer(settings?: Partial<ProducerSettings>, options?: Partial<ProducerOptions>): Producer;
  /** Values of a topic as texts, by partition and offset. */
  values(topic?: string): Promise<readonly string[]>;
}

/** Time that runs twenty times as fast, so that backoffs take a moment. */
export const hastyClock: Clock = {
  ...systemClock,
  now: () => systemClock.now() * 20,
  after: (delayMs, run) => systemClock.after(delayMs / 20, run),
};

export async function setup(): Promise<Setup> {
  const broker = await createBroker({ clock: systemClock, random: systemRandom });
  const kafka = new TestKafka([broker.address]);
  const producers: Producer[] = [];
  const events: string[] = [];
  const hub = new EventHub();
  hub.listen((name) => events.push(name));
  onTestFinished(async () => {
    for (const producer of producers) producer.close();
    await kafka.close();
    await broker.close();
  });
  await kafka.createTopics({ orders: { partitions: 3 } });
  return {
    broker,
    kafka,
    events,
    producer(settings = {}, options = {}) {
      const made = createProducer({
        client: kafka.client,
        cluster: kafka.cluster,
        settings: producerSettings({ compression: 'none', ...settings }),
        requestTimeoutMs: 30_000,
        clock: systemClock,
        random: systemRandom,
        emit: hub.emit,
        ...options,
      });
      producers.push(made);
      return made;
    },
    values: async (topic = 'orders') => (await kafka.read(topic)).map(({ value }) => String(value)),
  };
}

export function record(key: string | null, value: string, headers: readonly RawHeader[] = []): OutboundRecord {
  return { topic: 'orders', key: key === null ? null : Buffer.from(key), value: Buffer.from(value), headers };
}
