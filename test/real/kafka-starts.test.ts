// The real Kafka of this run takes records from the Java producer and gives them to the Java consumer.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { runJavaTool } from '../../scripts/real/java-tools.ts';
import { kafkaSupport } from '../../scripts/real/kafka-install.ts';
import { liveBrokers } from '../../scripts/real/kafka-ready.ts';
import { realKafka } from './support/real-kafka.ts';

const kafka = await realKafka();
const tools = await kafkaSupport(); // KAFKA_BROKERS may point to a Kafka while there is no Java here.

describe.skipIf(kafka.missing)('real Kafka', () => {
  test('answers a Metadata request with its live brokers', async () => {
    const [host, port] = kafka.brokers.split(',')[0]!.split(':');
    expect(await liveBrokers(host!, Number(port), 10_000)).toBeGreaterThan(0);
  });

  test.skipIf(tools.kind === 'missing')(
    'carries records between the Java console tools',
    { timeout: 60_000 },
    async () => {
      const topic = `kafka-starts-${randomUUID()}`;
      const at = ['--bootstrap-server', kafka.brokers, '--topic', topic];
      const created = await runJavaTool('TopicCommand', [...at, '--create', '--partitions', '1']);
      expect(created).toMatchObject({ code: 0 });
      try {
        expect(await runJavaTool('ConsoleProducer', at, { input: 'one\ntwo\n' })).toMatchObject({ code: 0 });
        const read = await runJavaTool('ConsoleConsumer', [
          ...at,
          '--from-beginning',
          '--max-messages',
          '2',
          '--timeout-ms',
          '30000',
        ]);
        expect(read.stdout).toBe('one\ntwo\n');
      } finally {
        await runJavaTool('TopicCommand', [...at, '--delete']);
      }
    },
  );
});
