/** What all groups of a process share: the broker where it is embedded, connections, what is known, the producer. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { startBrokerThread } from '../broker/start-broker.ts';
import { BytesPool } from '../core/bytes-pool.ts';
import { type Clock, sleep } from '../core/clock.ts';
import type { Emit } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import type { BrokerAddress, LogLevel, ProducerSettings, RuntimeSettings } from '../core/settings.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { Cluster } from '../kafka/cluster.ts';
import { loadClient } from '../kafka/load-client.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { loadPartitioner } from '../publisher/load-partitioner.ts';
import { createProducer, type Producer, type ProducerOptions } from '../publisher/producer.ts';
import { EventPublisher } from '../publisher/publisher.ts';
import { loadOutboundCheck } from '../schemas/load-outbound-check.ts';
import { GroupStores } from './group-stores.ts';
import { forGateway } from './open-gateway.ts';
import type { Opened } from './opened.ts';

const flushBudgetMs = 2_000;

export interface SharedDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  readonly logger: Logger;
  /** `observability.logs.level`. */
  readonly logLevel: LogLevel;
  /** `shutdown.timeout`. */
  readonly drainBudgetMs: number;
  /** `RuntimeOptions.readUpTo`. */
  readonly readUpTo?: ReadonlyMap<string, number>;
}

export interface Shared {
  readonly brokers: readonly BrokerAddress[];
  readonly client: KafkaClient;
  readonly cluster: Cluster;
  /** Memory of record sets. */
  readonly bytes: BytesPool;
  readonly stores: GroupStores;
  publish: Producer['publish'];
  /** The same producer, for events. */
  readonly publisher: EventPublisher;
  /** With acks all, whatever `producer.acks` says: a dead letter counts as the end of its record. */
  writeDeadLetter(record: OutboundRecord): Promise<unknown>;
  /** With a buffer of its own, and acks all: its answers say where a record is. Null without a route. */
  readonly gatewayProducer: Producer | null;
}

/** Connects to nothing yet, but starts the embedded broker. @throws ManifestError where the partitioner does not load */
export async function openShared(settings: RuntimeSettings, deps: SharedDeps, opened: Opened): Promise<Shared> {
  const { kafka } = settings;
  const choose = await loadPartitioner(settings.producer.partitioner);
  const outbound = await loadOutboundCheck(settings.groups.map(({ schemas }) => schemas));
  const brokers = kafka.brokers === 'embedded' ? await startEmbedded(deps, opened) : kafka.brokers;
  const createClient = await loadClient(kafka.client);
  const client = opened.add('Kafka client', createClient({ ...kafka, brokers, ...deps }));
  const cluster = new Cluster({ client, ...deps });
  opened.add('cluster', { close: async () => cluster.close() });

  const producerOf = (name: string, own: ProducerSettings, more: Partial<ProducerOptions> = {}): Producer => {
    const { requestTimeoutMs } = kafka;
    const producer = createProducer({ client, cluster, settings: own, choose, requestTimeoutMs, ...deps, ...more });
    opened.add(name, {
      async close() {
        // What nobody takes any more is given up: the records it came from are not committed.
        await Promise.race([producer.flush(), sleep(deps.clock, flushBudgetMs)]);
        producer.close();
      },
    });
    return producer;
  };
  const producer = producerOf('producer', settings.producer);
  const forDeadLetters =
    settings.producer.acks === -1 ? producer : producerOf('dead letter producer', { ...settings.producer, acks: -1 });
  const { routes } = settings.gateway;
  const ofGateway = forGateway(settings.producer);
  return {
    brokers,
    client,
    cluster,
    bytes: new BytesPool(),
    stores: opened.add('store', new GroupStores()),
    gatewayProducer: routes.length === 0 ? null : producerOf('gateway producer', ofGateway.settings, ofGateway.options),
    publish: (records, options) => producer.publish(records, options),
    publisher: new EventPublisher({
      ...{ producer, outbound, clock: deps.clock },
      ...{ newId: randomUUID, closeRest: async () => {} },
    }),
    writeDeadLetter: (record) => forDeadLetters.send([record], { deadLetter: true }),
  };
}

async function startEmbedded({ logger }: SharedDeps, opened: Opened): Promise<readonly BrokerAddress[]> {
  const { address } = opened.add('embedded broker', await startBrokerThread());
  const at = `${address.host}:${address.port}`;
  logger.info(`no Kafka was named: using the embedded broker at ${at}, in memory, for development only`);
  return [address];
}
