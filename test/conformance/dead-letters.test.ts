// Dead letters are counted, listed and sent back on the embedded broker as on Apache Kafka.
import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../runtime/core/clock.ts';
import { KafkaError } from '../../runtime/core/errors.ts';
import { systemRandom } from '../../runtime/core/random.ts';
import { DeadLetters } from '../../runtime/dead-letters/dead-letters.ts';
import { letterTopicsOf } from '../../runtime/dead-letters/letter-topic.ts';
import { openDeadLetters } from '../../runtime/dead-letters/open-dead-letters.ts';
import type { Context } from '../../runtime/handler/context.ts';
import type { Event } from '../../runtime/handler/event.ts';
import { Cluster } from '../../runtime/kafka/cluster.ts';
import type { KafkaClient } from '../../runtime/kafka/port.ts';
import { deleteRecords } from '../../runtime/protocol/delete-records.ts';
import { kafkaErrors } from '../../runtime/protocol/error-codes.ts';
import { producerSettings } from '../../runtime/testing/producer-settings.ts';
import { startTestRuntime } from '../../runtime/testing/start-test-runtime.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { testSettings } from '../../runtime/testing/test-settings.ts';
import { until } from '../../runtime/testing/until.ts';
import { targets } from '../peers/support/targets.ts';

/** Not long ago: Apache Kafka deletes what is older than `retention.ms`. */
const sent = Date.now() - 60_000;

for (const target of await targets()) {
  describe(`dead letters on ${target.name}`, () => {
    target.use();

    function open() {
      const kafka = new TestKafka(target.addresses);
      const letters = new DeadLetters({
        ...{ client: kafka.client, cluster: kafka.cluster, clock: systemClock, random: systemRandom },
        requestTimeoutMs: 30_000,
        write: async (record) => (await kafka.producer.send([record], { deadLetter: true }))[0]!,
      });
      onTestFinished(async () => {
        await letters.close();
        await kafka.close();
      });
      return { kafka, letters };
    }

    /** Everything of partition 0 that lies before the offset; -1 is the end. */
    async function deleteBefore({ client, cluster }: TestKafka, topic: string, offset: number): Promise<void> {
      const topics = [{ name: topic, partitions: [{ partition: 0, offset }] }];
      const { node } = cluster.leaderOf({ topic, partition: 0 })!;
      const answer = await client.send(node, 'metadata', deleteRecords, { topics, timeoutMs: 10_000 });
      expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0);
    }

    /** The same answer, with an error of its only partition. */
    function refusing<T>(answer: T, errorCode: number): T {
      const { topics } = answer as { topics: readonly { readonly partitions: readonly object[] }[] };
      const refused = topics.map((one) => ({ ...one, partitions: one.partitions.map((p) => ({ ...p, errorCode })) }));
      return { ...answer, topics: refused };
    }

    async function offsetsOf(list: AsyncIterable<{ readonly partition: number; readonly offset: bigint }>) {
      const places: string[] = [];
      for await (const { partition, offset } of list) places.push(`${partition}:${offset}`);
      return places;
    }

    test('S-66, S-67: all partitions together, by time, in either order, as many as are asked for', async () => {
      const { kafka, letters } = open();
      const topic = await target.makeTopic('orders.dlq', 3);
      // Every third one in each partition, written in this order.
      for (let n = 0; n < 30; n++) {
        const value = Buffer.from(String(n));
        const record = { key: null, value, headers: [], partition: n % 3, timestamp: sent + n * 1_000 };
        await kafka.producer.send([{ topic, ...record }]);
      }
      const read = async (options: Parameters<DeadLetters['list']>[1]) => {
        const values: number[] = [];
        for await (const letter of letters.list(topic, options)) {
          const value = Number(letter.value);
          expect(letter).toMatchObject({ topic, partition: value % 3, offset: BigInt(Math.floor(value / 3)) });
          expect(letter.timestamp).toEqual(new Date(sent + value * 1_000));
          values.push(value);
        }
        return values;
      };
      const all = Array.from({ length: 30 }, (_, n) => n);
      expect(await read({ order: 'oldest' })).toEqual(all);
      expect(await read({})).toEqual(all.toReversed());
      expect(await read({ order: 'newest', limit: 4 })).toEqual([29, 28, 27, 26]);
      expect(await read({ order: 'oldest', limit: 2 })).toEqual([0, 1]);
      const partitions = [0, 1, 2].map((partition) => ({ partition, records: 10, begin: 0n, end: 10n }));
      expect(await letters.count(topic)).toEqual({ topic, records: 30, exact: true, partitions });
      expect(await letters.count(topic, { exact: false })).toEqual({ topic, records: 30, exact: false, partitions });
    });

    test('S-66: deleted records, transactions taken back and their markers do not count', async () => {
      const { kafka, letters } = open();
      const topic = await target.makeTopic('orders.dlq', 1);
      const ten = Array.from({ length: 10 }, (_, n) => [`k${n}`, n] as const);
      await kafka.publish(topic, ten); // one batch
      await deleteBefore(kafka, topic, 4);
      const client = new Kafka({ brokers: target.brokers.split(','), logLevel: logLevel.NOTHING });
      const producer = client.producer({ transactionalId: target.fresh('letters'), maxInFlightRequests: 1 });
      await producer.connect();
      onTestFinished(() => producer.disconnect());
      const write = async () => {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: 'one' }, { value: 'two' }] });
        return transaction;
      };
      await (await write()).abort(); // 10, 11, marker 12
      await (await write()).commit(); // 13, 14, marker 15
      const undecided = await write(); // 16, 17
      await kafka.publish(topic, [['behind', 1]]); // 18

      const decided = ['0:4', '0:5', '0:6', '0:7', '0:8', '0:9', '0:13', '0:14'];
      expect(await offsetsOf(letters.list(topic, { order: 'oldest' }))).toEqual(decided);
      expect(await offsetsOf(letters.list(topic))).toEqual(decided.toReversed());
      expect(await letters.count(topic)).toMatchObject({ records: 8, partitions: [{ begin: 4n, end: 16n }] });
      for (const offset of [3n, 11n, 12n, 16n, 18n]) {
        const message = expect.stringMatching(
          `no dead letter in ${topic}/0 at offset ${offset}: there is offsets 4 to 15`,
        );
        const error = expect.objectContaining({ code: 'RT_DEAD_LETTER_MISSING', message });
        await expect(letters.read(topic, { partition: 0, offset })).rejects.toEqual(error);
      }
      expect(await letters.read(topic, { partition: 0, offset: 4n })).toMatchObject({ key: Buffer.from('k4') });

      await undecided.commit();
      // Kafka answers when the decision is made, and writes the marker a moment later.
      await until(async () => (await letters.count(topic)).records === 11);
      const now = [...decided, '0:16', '0:17', '0:18'];
      expect(await offsetsOf(letters.list(topic, { order: 'oldest' }))).toEqual(now);
      await deleteBefore(kafka, topic, -1);
      expect(await offsetsOf(letters.list(topic))).toEqual([]);
      expect(await letters.count(topic)).toMatchObject({ records: 0 });
    });

    test('what is deleted while a list is read is passed over', async () => {
      const { kafka, letters } = open();
      const topic = await target.makeTopic('orders.dlq', 1);
      const value = Buffer.alloc(900_000, 'x');
      for (let n = 0; n < 40; n++) await kafka.producer.send([{ topic, key: null, value, headers: [] }]);
      const list = letters.list(topic, { order: 'oldest' });
      expect((await list.next()).value).toMatchObject({ offset: 0n });
      await deleteBefore(kafka, topic, 38);
      // What had been fetched by then is in the list, then what is left.
      expect((await offsetsOf(list)).slice(-2)).toEqual(['0:38', '0:39']);
    });

    test('S-68: a letter is sent back as often as maxReplays allows, then only when it is forced', async () => {
      const prefix = target.fresh('orders');
      const stream = `${prefix}.stream`;
      target.owns(stream, `${stream}.dlq`);
      const group = {
        name: target.fresh('billing'),
        topicPrefix: prefix,
        dlq: { maxReplays: 2 },
        retry: { maxRetries: 0 },
      };
      const calls: (readonly [id: string | undefined, isReplay: boolean, replayCount: number, group: string])[] = [];
      const rt = await startTestRuntime(
        { onTestFinished },
        {
          ...{ brokers: target.addresses, group },
          handler: (event: Event, ctx: Context) => {
            calls.push([event.id, ctx.isReplay, ctx.replayCount, ctx.group]);
            throw new RangeError('still broken');
          },
        },
      );
      const value = { event_id: 'e1', n: 1 };
      await rt.publish(stream, [['order-1', value, { event_id: 'e1', event_type: 'OrderPlaced', note: 'nö' }]]);

      const { name, ...fragment } = group;
      const compiled = testSettings({ [name]: { fragment, handlers: 'none' } }, target.addresses).groups[0]!;
      const [from] = letterTopicsOf(compiled);
      expect(from).toEqual({ topic: `${stream}.dlq`, sources: [stream], maxReplays: 2 });
      const { letters, close } = await openDeadLetters({
        kafka: {
          ...{ brokers: target.addresses, clientId: 'letters', client: 'kafkajs' },
          ...{ requestTimeoutMs: 30_000, maxResponseBytes: 100 * 1024 * 1024 },
        },
        producer: producerSettings({ acks: 0, idempotent: false }), // it waits for the acknowledgement all the same
      });
      onTestFinished(close);
      const newest = async () => (await letters.list(from!.topic, { limit: 1 }).next()).value!;

      for (const round of [0, 1, 2]) {
        await rt.until(async () => (await letters.count(from!.topic)).records === round + 1);
        const letter = await newest();
        expect(letter).toMatchObject({
          ...{ eventId: 'e1', eventType: 'OrderPlaced', group: name, reason: 'max_retries_exceeded', retries: 0 },
          ...{ error: { name: 'RangeError', message: 'still broken' }, replayCount: round },
          ...{ original: { topic: stream, offset: BigInt(round) } },
        });
        if (round === 2) {
          const again = letters.replay(from!, letter);
          await expect(again).rejects.toThrow(expect.objectContaining({ code: 'RT_DEAD_LETTER_REPLAYS' }));
        }
        const replayed = await letters.replay(from!, letter, { force: round === 2 });
        expect(replayed).toEqual({
          ...{ topic: stream, partition: letter.original.partition, offset: BigInt(round + 1) },
          replayCount: round + 1,
        });
      }
      await rt.until(() => calls.length === 4);
      expect(calls).toEqual([0, 1, 2, 3].map((count) => ['e1', count > 0, count, name]));
      const written = await rt.read(stream);
      expect(new Set(written.map(({ partition }) => partition)).size).toBe(1);
      for (const record of written) {
        expect(String(record.key)).toBe('order-1');
        expect(JSON.parse(String(record.value))).toEqual(value);
        expect(record.headers.slice(0, 3)).toEqual(written[0]!.headers);
      }
    });

    test('a leader that has moved, or is away for a moment, costs nothing; one that stays away is told', async () => {
      const { kafka } = open();
      const topic = await target.makeTopic('orders.dlq', 1);
      await kafka.publish(topic, [['a', 1]]);
      await kafka.publish(topic, [['b', 2]]);
      const away = new KafkaError('RT_KAFKA_CONNECTION', 'the broker is away', { retryable: true });
      const faults: (KafkaError | 'moved')[] = ['moved', away, 'moved', away];
      const client: KafkaClient = {
        send: async (to, purpose, api, request, options) => {
          const fault = purpose === 'dead-letters' ? faults.shift() : undefined;
          if (fault instanceof KafkaError) throw fault;
          const answer = await kafka.client.send(to, purpose, api, request, options);
          return fault === 'moved' ? refusing(answer, kafkaErrors.NOT_LEADER_OR_FOLLOWER) : answer;
        },
        recycle: () => {},
        release: (purpose) => kafka.client.release(purpose),
        close: async () => {},
      };
      const deps = { client, cluster: kafka.cluster, clock: systemClock, random: systemRandom };
      const write = () => Promise.reject(new Error('not asked for'));
      const letters = new DeadLetters({ ...deps, write, requestTimeoutMs: 30_000 });
      expect(await letters.count(topic)).toMatchObject({ records: 2 });
      expect(faults).toEqual([]);
      faults.push('moved', away, 'moved');
      expect(await offsetsOf(letters.list(topic))).toEqual(['0:1', '0:0']);
      expect(faults).toEqual([]);
      faults.push(...Array.from({ length: 1_000 }, () => away));
      const impatient = new DeadLetters({ ...deps, write, requestTimeoutMs: 1 });
      await expect(impatient.count(topic)).rejects.toBe(away);
    });

    test('letters that are read one after the other ask once where their topic is', async () => {
      const { kafka } = open();
      const topic = await target.makeTopic('orders.dlq', 2);
      await kafka.publish(topic, [['a', 1]]);
      let asked = 0;
      const send: KafkaClient['send'] = (to, purpose, api, request, options) => {
        if (api.name === 'Metadata') asked++;
        return kafka.client.send(to, purpose, api, request, options);
      };
      const client: KafkaClient = { ...kafka.client, send, release: (purpose) => kafka.client.release(purpose) };
      const deps = { clock: systemClock, random: systemRandom };
      const cluster = new Cluster({ client, ...deps });
      onTestFinished(() => cluster.close());
      const write = () => Promise.reject(new Error('not asked for'));
      const letters = new DeadLetters({ client, cluster, ...deps, write, requestTimeoutMs: 30_000 });
      for (let n = 0; n < 10; n++) expect(await letters.count(topic)).toMatchObject({ records: 1 });
      expect(asked).toBe(1);
    });

    test('a topic that is not there is no topic without letters', async () => {
      const { letters } = open();
      await expect(letters.count('no-such-topic.dlq')).rejects.toThrow(
        expect.objectContaining({
          code: 'RT_KAFKA_REFUSED',
          message: expect.stringContaining('topic no-such-topic.dlq: UNKNOWN_TOPIC_OR_PARTITION'),
        }),
      );
      const topic = await target.makeTopic('orders.dlq', 2);
      await expect(letters.read(topic, { partition: 2, offset: 0n })).rejects.toThrow(/there is partitions 0 to 1/);
    });

    test('a list that is given up on ends with the reason', async () => {
      const { kafka, letters } = open();
      const topic = await target.makeTopic('orders.dlq', 2);
      await kafka.publish(topic, [['a', 1]]);
      const reason = new Error('enough');
      const list = letters.list(topic, { signal: AbortSignal.abort(reason) });
      await expect(list.next()).rejects.toBe(reason);
    });
  });
}
