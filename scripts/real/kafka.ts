/**
 * Starts Apache Kafka for tests and by hand, without Docker: KRaft, loopback only, free ports, a temporary folder.
 *
 *   npx node scripts/real/kafka.ts install             # only fetches the jars
 *   npx node scripts/real/kafka.ts start [--port N]    # prints the address, runs until Ctrl-C
 *
 * With one or two brokers the first one is also the controller; with three or more all are, so that the cluster
 * survives the loss of any one of them.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from './free-ports.ts';
import { installKafka } from './kafka-install.ts';
import { KafkaNode } from './kafka-node.ts';
import { liveBrokers } from './kafka-ready.ts';

export { installKafka } from './kafka-install.ts';

const host = '127.0.0.1';

/** About 4 s on two idle cores; the rest is room for a busy machine. */
const startTimeoutMs = 120_000;

export type KafkaOptions = {
  /** Number of brokers. Default 1. Node ids are 1, 2, … */
  readonly brokers?: number;
  /** Broker settings under Kafka's own names; they win over the defaults of this file. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Port of the first broker. Default: a free one; the others always get free ones. */
  readonly port?: number;
  /** Port that clients are told to use instead of the broker's own (a proxy in front of it). One broker only. */
  readonly advertisedPort?: number;
  /**
   * Ports of proxies, each in front of a listener of its own, so that clients of one proxy stay on it and the network
   * of each can fail alone. One broker only.
   */
  readonly proxies?: readonly number[];
};

export type RunningKafka = {
  /** Comma-separated `127.0.0.1:port`, as KAFKA_BROKERS takes it. */
  readonly brokers: string;
  /** Temporary folder with properties, data and `kafka.log` of each node. */
  readonly dir: string;
  /** What each of `proxies` is to connect to. */
  readonly proxiedPorts: readonly number[];
  /** Stops all brokers and removes the folder. May be called twice. */
  stop(): Promise<void>;
  /** Sends a signal to one broker (default: the first) and waits until it is gone, except for SIGSTOP and SIGCONT. */
  kill(signal: NodeJS.Signals, broker?: number): Promise<void>;
  /** Stops one broker (default: the first) if it runs, starts it on the same port and data, waits until it answers. */
  restart(broker?: number): Promise<void>;
};

/**
 * Starts a cluster and resolves when every broker answers and knows all others.
 *
 * @throws when Java or Maven are missing, or a broker ends or does not answer in time (its log is in the message)
 */
export async function startKafka(options: KafkaOptions = {}): Promise<RunningKafka> {
  const libs = await installKafka();
  // Ports are found, not reserved: if another process was faster, new ones are tried.
  for (let attempt = 1; ; attempt++) {
    const kafka = await prepare(libs, options);
    try {
      await kafka.startAll();
      return kafka;
    } catch (error) {
      await kafka.stop();
      const portTaken = error instanceof Error && /BindException|Address already in use/.test(error.message);
      if (!portTaken || attempt === 3 || options.port !== undefined) throw error;
    }
  }
}

async function prepare(libs: string, options: KafkaOptions): Promise<RunningKafka & { startAll(): Promise<void> }> {
  const count = options.brokers ?? 1;
  const controllers = count >= 3 ? count : 1;
  const proxies = options.proxies ?? [];
  const found = await freePorts(count + controllers + proxies.length);
  const proxiedPorts = found.slice(count + controllers);
  const ports = found.slice(0, count).map((port, i) => (i === 0 ? (options.port ?? port) : port));
  const voters = found.slice(count, count + controllers).map((port, i) => `${i + 1}@${host}:${port}`);
  const dir = await mkdtemp(join(tmpdir(), 'kafka-'));

  const clusterId = randomBytes(16).toString('base64url');
  const nodes = await Promise.all(
    ports.map(async (port, i) => {
      const folder = join(dir, String(i + 1));
      await mkdir(folder);
      const node = new KafkaNode(libs, folder, dir);
      const isController = i < controllers;
      await node.format(clusterId, {
        ...defaults,
        'node.id': String(i + 1),
        'process.roles': isController ? 'broker,controller' : 'broker',
        'controller.quorum.voters': voters.join(','),
        listeners: [
          `PLAINTEXT://${host}:${port}`,
          ...(isController ? [`CONTROLLER://${voters[i]!.split('@')[1]}`] : []),
          ...proxiedPorts.map((proxied, n) => `PROXY${n}://${host}:${proxied}`),
        ].join(),
        'advertised.listeners': [
          `PLAINTEXT://${host}:${options.advertisedPort ?? port}`,
          ...proxies.map((proxy, n) => `PROXY${n}://${host}:${proxy}`),
        ].join(),
        'listener.security.protocol.map': [
          'PLAINTEXT:PLAINTEXT',
          'CONTROLLER:PLAINTEXT',
          ...proxies.map((_, n) => `PROXY${n}:PLAINTEXT`),
        ].join(),
        ...options.properties,
      });
      return node;
    }),
  );

  const untilAnswers = async (i: number, liveCount: number) => {
    const deadline = Date.now() + startTimeoutMs;
    while ((await liveBrokers(host, ports[i]!)) < liveCount) {
      const ended = !nodes[i]!.running;
      if (ended || Date.now() > deadline) {
        const what = ended ? 'ended while it started' : `did not answer within ${startTimeoutMs} ms`;
        throw new Error(`Kafka on ${host}:${ports[i]} ${what}; the end of its log:\n${await nodes[i]!.log()}`);
      }
      await sleep(50);
    }
  };
  const at = (broker: number) => {
    const node = nodes[broker];
    if (node === undefined) throw new Error(`no broker ${broker}: this cluster has brokers 0 to ${count - 1}`);
    return node;
  };

  return {
    brokers: ports.map((port) => `${host}:${port}`).join(','),
    dir,
    proxiedPorts,
    startAll: async () => {
      for (const node of nodes) node.start();
      await Promise.all(nodes.map((_, i) => untilAnswers(i, count)));
    },
    stop: async () => {
      // Controllers last: a broker can only leave in an orderly way while there is a controller to tell.
      if (controllers === 1) await Promise.all(nodes.slice(1).map((node) => node.stop()));
      await Promise.all(nodes.map((node) => node.stop()));
      await rm(dir, { recursive: true, force: true });
    },
    kill: (signal, broker = 0) => at(broker).kill(signal),
    restart: async (broker = 0) => {
      const node = at(broker);
      await node.stop();
      node.start();
      await untilAnswers(broker, nodes.filter((one) => one.running).length);
    },
  };
}

/** What a test cluster needs to be small, quick, and strict about topics that nobody created. */
const defaults: Readonly<Record<string, string>> = {
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'PLAINTEXT',
  'auto.create.topics.enable': 'false',
  'num.partitions': '3',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '8',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '8',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  // Tests join with short sessions and, with KIP-848, heartbeat quickly.
  'group.min.session.timeout.ms': '1000',
  'group.consumer.min.heartbeat.interval.ms': '500',
  'group.consumer.min.session.timeout.ms': '1000',
  'log.cleaner.dedupe.buffer.size': '4194304',
  // A broker that was killed may register again only after its old session has ended: 9 s by default.
  'broker.session.timeout.ms': '5000',
  'broker.heartbeat.interval.ms': '1000',
};

async function main(args: readonly string[]): Promise<void> {
  const [command, option, value] = args;
  if (command === 'install' && args.length === 1) {
    console.log(await installKafka());
  } else if (command === 'start' && (args.length === 1 || (option === '--port' && /^\d+$/.test(value ?? '')))) {
    const kafka = await startKafka(value === undefined ? {} : { port: Number(value) });
    console.log(kafka.brokers);
    const forever = setInterval(() => {}, 60_000); // The brokers do not keep this process alive.
    const end = () => {
      clearInterval(forever);
      void kafka.stop();
    };
    process.once('SIGINT', end).once('SIGTERM', end);
  } else {
    console.error('usage: kafka.ts install | start [--port N]');
    process.exitCode = 2;
  }
}

if (import.meta.main) await main(process.argv.slice(2));
