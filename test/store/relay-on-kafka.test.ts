// The relay with a real publisher: what Kafka refuses holds back its own aggregate, on both brokers.
import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createPublisher } from '../../runtime/index.ts';
import { configOperations, configResourceTypes } from '../../runtime/protocol/config-values.ts';
import { incrementalAlterConfigs } from '../../runtime/protocol/incremental-alter-configs.ts';
import { createRelay, openStore, type RelayFailure, type Store } from '../../runtime/store/index.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { until } from '../../runtime/testing/until.ts';
import { type Target, targets } from '../peers/support/targets.ts';

/** Above what topics take by default, which is 1 MiB. */
const largeBytes = 2_000_000;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('P-52: an event that Kafka refuses holds back what its aggregate did later, until it is resolved', async () => {
      const topic = await target.makeTopic('relayed', 1);
      const { store, kafka, failures } = await relaying(target);
      const [held, free] = [randomUUID(), randomUUID()];
      await append(store, topic, held, ['first', 'x'.repeat(largeBytes), 'third']);
      await append(store, topic, free, ['first', 'second', 'third']);

      const refusals = () => failures.filter(({ kind }) => kind === 'publish');
      await until(async () => refusals().length >= 2 && (await store.outbox.count()) === 2, { state: () => failures });
      expect(refusals()[0]).toMatchObject({
        error: { code: 'RT_KAFKA_REFUSED', kafkaError: { name: 'MESSAGE_TOO_LARGE' } },
      });
      const versions = async (id: string) => {
        const stored = (await kafka.read(topic)).filter(({ key }) => String(key) === id);
        return stored.map(
          ({ value }) => (JSON.parse(String(value)) as { aggregate_version: number }).aggregate_version,
        );
      };
      expect(await versions(held)).toEqual([1]);
      expect(await versions(free)).toEqual([1, 2, 3]);

      await takeUpTo(kafka, topic, 2 * largeBytes);
      await until(async () => (await store.outbox.count()) === 0, { state: () => failures.at(-1) });
      expect(await versions(held)).toEqual([1, 2, 3]);
    });

    test('P-52: a topic that cannot be written holds up no other one', async () => {
      const topic = await target.makeTopic('relayed', 1);
      const { store, kafka, failures } = await relaying(target);
      await append(store, 'no topic has this name', randomUUID(), ['first', 'second']);
      await append(store, topic, randomUUID(), ['first', 'second']);
      await until(async () => (await store.outbox.count()) === 2 && failures.length > 0, { state: () => failures });
      expect(await kafka.read(topic)).toHaveLength(2);
      expect(failures[0]).toMatchObject({ kind: 'publish', records: [{}, {}] });
    });
  });
}

/** An embedded store, and a relay that publishes what is in its outbox until the test ends. */
async function relaying(target: Target) {
  const store = await openStore('pglite:memory');
  const brokers = target.addresses.map(({ host, port }) => `${host}:${port}`);
  const producer = { compression: 'none', batchBytes: '8MiB', maxBlock: '1s' };
  const publisher = await createPublisher({ kafka: { brokers }, producer }, { env: {} });
  const kafka = new TestKafka(target.addresses);
  const failures: RelayFailure[] = [];
  const relay = createRelay({
    database: store.sql,
    publish: (records) => publisher.send(records),
    onFailure: (failure) => failures.push(failure),
    backoff: { baseDelayMs: 20, maxDelayMs: 50, jitter: 0 },
    pollMs: 20,
  });
  const stop = new AbortController();
  const running = relay.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
    await publisher.close({ timeoutMs: 1_000 });
    await kafka.close();
    await store.close();
  });
  return { store, kafka, failures };
}

async function append(store: Store, topic: string, id: string, texts: readonly string[]): Promise<void> {
  const events = texts.map((text) => ({ type: 'Noted', data: { text } }));
  await store.events.append({ type: 'Note', id }, events, { expectedVersion: 0, topic });
}

async function takeUpTo({ client }: TestKafka, topic: string, bytes: number): Promise<void> {
  const configs = [{ name: 'max.message.bytes', operation: configOperations.set, value: String(bytes) }];
  const resources = [{ type: configResourceTypes.topic, name: topic, configs }];
  const answer = await client.send('any', 'metadata', incrementalAlterConfigs, { resources, validateOnly: false });
  expect(answer.resources).toMatchObject([{ errorCode: 0 }]);
}
