/**
 * What each client does while its frames are recorded: the everyday requests of producers, consumer groups and
 * administration, on topics of their own. Responsible for the traffic, not for the recording.
 */
import { execFile, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { exited } from './bound-process.ts';
import { type JavaTool, runJavaTool } from './java-tools.ts';
import { findKcat } from './kcat.ts';
import { installPython, pythonPeersFolder } from './python.ts';

const run = promisify(execFile);

/** A client session: gets the broker's address, throws when the client failed. */
export type Session = (broker: string) => Promise<void>;

/** In this order; the name goes into the samples. */
export const sessions: readonly (readonly [client: string, session: Session])[] = [
  ['java', javaClassic],
  ['java-kip848', javaKip848],
  ['kafkajs', kafkajsSession],
  ['aiokafka', aiokafkaSession],
  ['kcat', kcatSession],
];

async function java(tool: JavaTool, broker: string, args: readonly string[], input = ''): Promise<string> {
  const result = await runJavaTool(tool, ['--bootstrap-server', broker, ...args], { input });
  if (result.code !== 0) {
    throw new Error(
      `${tool} ${args.join(' ')} ended with ${result.code}:\n${result.stdout}\n${result.stderr.slice(-1_000)}`,
    );
  }
  return result.stdout;
}

const keyed = (count: number) => Array.from({ length: count }, (_, n) => `key-${n % 5}:value-${n}\n`).join('');

async function javaClassic(broker: string): Promise<void> {
  const topics = (...args: string[]) => java('TopicCommand', broker, args);
  const groups = (...args: string[]) => java('ConsumerGroupCommand', broker, args);
  const fromStart = ['--topic', 'java', '--from-beginning', '--max-messages', '8', '--timeout-ms', '20000'];
  const byKey = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'];

  await topics('--create', '--topic', 'java', '--partitions', '2', '--config', 'retention.ms=600000');
  // For the sessions that cannot create topics: there, these requests would be recorded under another client's name.
  for (const topic of ['aiokafka', 'kcat']) await topics('--create', '--topic', topic, '--partitions', '2');
  await topics('--describe', '--topic', 'java');
  await topics('--list');
  await java('ConsoleProducer', broker, ['--topic', 'java', ...byKey], keyed(8));
  await java('ConsoleProducer', broker, ['--topic', 'java', '--compression-codec', 'lz4', ...byKey], keyed(4));
  await java('ConsoleConsumer', broker, [...fromStart, '--group', 'java-group']);
  await java('ConsoleConsumer', broker, [
    ...[...fromStart, '--group', 'java-cooperative', '--command-property', 'group.instance.id=static-1'],
    ...[
      '--command-property',
      'partition.assignment.strategy=org.apache.kafka.clients.consumer.CooperativeStickyAssignor',
    ],
    ...['--command-property', 'isolation.level=read_committed'],
  ]);
  // Without a number of messages it stays for two seconds, long enough for heartbeats.
  const idle = ['--topic', 'java', '--timeout-ms', '2000', '--group', 'java-idle'];
  await java('ConsoleConsumer', broker, [...idle, '--command-property', 'heartbeat.interval.ms=300']);
  await groups('--list');
  await groups('--describe', '--group', 'java-group');
  await groups('--describe', '--group', 'java-group', '--members', '--verbose');
  await groups('--reset-offsets', '--group', 'java-group', '--topic', 'java', '--to-earliest', '--execute');
  await groups('--delete-offsets', '--group', 'java-group', '--topic', 'java');
  await groups('--delete', '--group', 'java-group');
  await java('GetOffsetShell', broker, ['--topic', 'java']);
  await java('ConfigCommand', broker, [
    '--alter',
    '--entity-type',
    'topics',
    '--entity-name',
    'java',
    '--add-config',
    'retention.ms=700000',
  ]);
  await java('ConfigCommand', broker, ['--describe', '--entity-type', 'topics', '--entity-name', 'java']);
  await topics('--alter', '--topic', 'java', '--partitions', '3');
  await topics('--delete', '--topic', 'java');
}

async function javaKip848(broker: string): Promise<void> {
  await java('TopicCommand', broker, ['--create', '--topic', 'java848', '--partitions', '2']);
  await java('ConsoleProducer', broker, ['--topic', 'java848'], 'a\nb\nc\n');
  await java('ConsoleConsumer', broker, [
    ...['--topic', 'java848', '--group', 'java848-group', '--command-property', 'group.protocol=consumer'],
    ...['--from-beginning', '--max-messages', '3', '--timeout-ms', '20000'],
  ]);
  await java('ConsumerGroupCommand', broker, ['--describe', '--group', 'java848-group']);
  await java('ConsumerGroupCommand', broker, ['--describe', '--group', 'java848-group', '--members', '--verbose']);
}

async function kafkajsSession(broker: string): Promise<void> {
  const kafka = new Kafka({ clientId: 'kafkajs', brokers: [broker], logLevel: logLevel.NOTHING });
  const topic = 'kafkajs';
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({
      topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '600000' }] }],
    });
    await admin.createTopics({ topics: [{ topic: 'kafkajs-deleted', numPartitions: 1 }] });
    await kafkajsProduce(kafka, topic);
    await kafkajsConsume(kafka, topic, 4);
    await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.fetchTopicOffsets(topic);
    await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: [topic] });
    await admin.describeGroups(['kafkajs-group']);
    await admin.listGroups();
    await admin.setOffsets({ groupId: 'kafkajs-group', topic, partitions: [{ partition: 0, offset: '0' }] });
    const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] }];
    await admin.describeConfigs({ resources, includeSynonyms: false });
    const configEntries = [{ name: 'retention.ms', value: '700000' }];
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    });
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await kafkajsTransactions(kafka, topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] });
    await admin.deleteGroups(['kafkajs-group']);
    await admin.deleteTopics({ topics: ['kafkajs-deleted'] });
    await admin.describeCluster();
  } finally {
    await admin.disconnect();
  }
}

async function kafkajsProduce(kafka: Kafka, topic: string): Promise<void> {
  for (const idempotent of [false, true]) {
    const producer = kafka.producer({ idempotent });
    await producer.connect();
    const messages = ['a', 'b'].map((key, i) => ({ key, value: `value-${key}`, partition: i, headers: { n: key } }));
    await producer.send({ topic, messages, acks: -1 });
    await producer.disconnect();
  }
}

async function kafkajsConsume(kafka: Kafka, topic: string, count: number): Promise<void> {
  const consumer = kafka.consumer({ groupId: 'kafkajs-group', heartbeatInterval: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const { promise: heartbeat, resolve: onHeartbeat } = Promise.withResolvers<void>();
  consumer.on(consumer.events.HEARTBEAT, () => onHeartbeat());
  const { promise: complete, resolve: onComplete } = Promise.withResolvers<void>();
  let received = 0;
  await consumer.run({
    eachMessage: async () => {
      if (++received === count) onComplete();
    },
  });
  await Promise.all([complete, heartbeat]);
  await consumer.disconnect();
}

/** One transaction that commits records and offsets, and one that is aborted. */
async function kafkajsTransactions(kafka: Kafka, topic: string): Promise<void> {
  const producer = kafka.producer({ transactionalId: 'kafkajs-tx', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const committed = await producer.transaction();
  await committed.send({ topic, messages: [{ key: 'tx', value: 'committed', partition: 0 }] });
  await committed.sendOffsets({
    consumerGroupId: 'kafkajs-group',
    topics: [{ topic, partitions: [{ partition: 0, offset: '2' }] }],
  });
  await committed.commit();
  const aborted = await producer.transaction();
  await aborted.send({ topic, messages: [{ key: 'tx', value: 'aborted', partition: 1 }] });
  await aborted.abort();
  await producer.disconnect();
  // Read committed, so that a Fetch answer lists the aborted transaction.
  await kafkajsConsume(kafka, topic, 1);
}

async function aiokafkaSession(broker: string): Promise<void> {
  const python = await installPython();
  const args = [`${pythonPeersFolder}/roundtrip.py`, '--broker', broker];
  await run(python, [...args, '--topic', 'aiokafka', '--group', 'aiokafka-group', '--records', '4']);
  await run(python, [
    ...args,
    '--topic',
    'aiokafka',
    '--group',
    'aiokafka-2',
    '--records',
    '4',
    '--compression',
    'gzip',
    '--idempotent',
  ]);
}

async function kcatSession(broker: string): Promise<void> {
  const path = await findKcat();
  if (path === null) throw new Error('recording needs kcat: npx node scripts/real/kcat.ts --install');
  const kcat = async (args: readonly string[], input = '') => {
    const child = spawn(path, ['-b', broker, '-X', 'client.id=kcat', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.end(input);
    const [code, , stderr] = await Promise.all([exited(child), text(child.stdout), text(child.stderr)]);
    if (code !== 0) throw new Error(`kcat ${args.join(' ')} ended with ${code}:\n${stderr}`);
  };
  await kcat(['-L']);
  await kcat(['-P', '-t', 'kcat', '-K', ':'], keyed(4));
  await kcat(['-P', '-t', 'kcat', '-K', ':', '-z', 'snappy', '-X', 'enable.idempotence=true'], keyed(4));
  await kcat(['-C', '-t', 'kcat', '-o', 'beginning', '-e']);
  await kcat(['-Q', '-t', 'kcat:0:-1']);
  await kcat(['-G', 'kcat-group', '-e', '-X', 'auto.offset.reset=earliest', 'kcat']);
}
