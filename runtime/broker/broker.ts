/**
 * The embedded broker: one node that speaks Kafka's protocol on the loopback address, for development and tests. Built
 * from topics, groups and producers over a store (memory or a folder), and a server in front of them.
 */
import type { Clock } from '../core/clock.ts';
import { UsageError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { answeredApis } from './apis/all.ts';
import type { BrokerState } from './broker-state.ts';
import { Controls } from './controls.ts';
import { GroupCoordinator, type GroupSettings } from './groups/group-coordinator.ts';
import { type Address, BrokerServer } from './server.ts';
import { type BrokerStore, memoryStore } from './storage/broker-store.ts';
import { openFolderStore } from './storage/folder-store.ts';
import { Topics } from './topics.ts';
import { ProducerRegistry } from './transactions/producer-registry.ts';
import { newShortUuid } from './uuid.ts';

export interface BrokerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** `127.0.0.1` (the default) or `::1`; everything else is refused. */
  readonly host?: string;
  /** Port that clients are told to use instead of the broker's own: that of a proxy in front of it. */
  readonly advertisedPort?: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Folder in which topics, records and offsets are kept; null, the default: in memory. */
  readonly dir?: string | null;
  /** 22 characters of base64 by default, kept in the folder. */
  readonly clusterId?: string;
  readonly topicDefaults?: {
    /** Partitions of a topic made without a count: Kafka's `num.partitions`, 1. */
    readonly partitions?: number;
    /** Make a topic that a client asks for and wants made: Kafka's `auto.create.topics.enable`, here false. */
    readonly autoCreate?: boolean;
  };
  /**
   * Kafka's bounds of the session timeout, 6 s to 30 min, and its initial rebalance delay, here 0; for groups of the
   * consumer protocol its session timeout, 45 s, and heartbeat interval, 5 s.
   */
  readonly groups?: Partial<GroupSettings>;
}

export interface Broker {
  readonly address: Address;
  readonly control: Controls;
  /** Cuts all connections and frees the port, as a crash would; what the broker knows is kept. */
  stop(): Promise<void>;
  /** Listens again on the same port. @throws UsageError `RT_ENVIRONMENT` when somebody else has taken it */
  restart(): Promise<void>;
  /** Stops for good: no socket, timer or file is left open. May be called again. */
  close(): Promise<void>;
}

const groupDefaults: GroupSettings = {
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 1_800_000,
  initialRebalanceDelayMs: 0,
  consumerSessionTimeoutMs: 45_000,
  consumerHeartbeatIntervalMs: 5_000,
};

/** @throws UsageError for `NODE_ENV=production`, a host that is not local, a port or folder that cannot be used */
export async function createBroker(options: BrokerOptions): Promise<Broker> {
  refuseProduction();
  const dir = options.dir ?? null;
  const store = dir === null ? memoryStore : openFolderStore(dir);
  try {
    return await start(store, options);
  } catch (error) {
    store.close();
    throw error;
  }
}

async function start(store: BrokerStore, options: BrokerOptions): Promise<Broker> {
  const { clock, random, topicDefaults } = options;
  const clusterId = options.clusterId ?? store.saved.clusterId ?? newShortUuid(random);
  if (clusterId !== store.saved.clusterId) store.record({ kind: 'cluster', clusterId });
  const topics = new Topics(store, clock, random, topicDefaults?.partitions ?? 1);
  const groups = new GroupCoordinator(store, clock, random, { ...groupDefaults, ...options.groups });
  const producers = new ProducerRegistry(store, topics, groups.offsets, clock);
  const control = new Controls();
  let address: Address = { host: options.host ?? '127.0.0.1', port: options.port ?? 0 };
  const state: BrokerState = {
    ...{ clock, random, clusterId, topics, groups, producers },
    autoCreateTopics: topicDefaults?.autoCreate ?? false,
    address: () => ({ host: address.host, port: options.advertisedPort ?? address.port }),
  };
  const listen = () => BrokerServer.listen(address, { apis: answeredApis, state, controls: control });
  let server: BrokerServer | null = await listen();
  address = server.address;
  const stop = async (): Promise<void> => {
    await server?.close();
    server = null;
  };
  const end = async (): Promise<void> => {
    await stop();
    groups.close();
    producers.close();
    store.close();
  };
  let closing: Promise<void> | null = null;
  return {
    address,
    control,
    stop,
    restart: async () => {
      server ??= await listen();
    },
    close: () => {
      closing ??= end();
      return closing;
    },
  };
}

function refuseProduction(): void {
  if (process.env.NODE_ENV !== 'production') return;
  throw new UsageError(
    'RT_USAGE',
    'the embedded broker is for development and tests: one node, no passwords (found NODE_ENV=production); set kafka.brokers or KAFKA_BROKERS to a Kafka cluster',
    { retryable: false },
  );
}
