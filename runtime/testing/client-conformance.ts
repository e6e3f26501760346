/**
 * What every adapter of `kafka/port.ts` must do, as one suite. `clientConformance` registers vitest tests: against a
 * broker that the caller names (the embedded one always, Apache Kafka when there is one), and against a server that
 * misbehaves on purpose.
 */
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import { EventHub, type RuntimeEvents } from '../core/events.ts';
import type { BrokerAddress } from '../core/settings.ts';
import type { KafkaClientOptions } from '../kafka/client-options.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { createTopics } from '../protocol/create-topics.ts';
import { fetch } from '../protocol/fetch.ts';
import { findCoordinator } from '../protocol/find-coordinator.ts';
import { heartbeat } from '../protocol/heartbeat.ts';
import { metadata } from '../protocol/metadata.ts';
import { produce } from '../protocol/produce.ts';
import { type FaultyBroker, type Misbehaviour, responseFrame, startFaultyBroker } from './faulty-broker.ts';

export interface ClientUnderTest {
  readonly create: (options: KafkaClientOptions) => KafkaClient;
  /** Starts or finds the broker for the peaceful half of the suite. */
  readonly broker: () => Promise<{ readonly address: BrokerAddress; close(): Promise<void> }>;
}

const allTopics = {
  topics: null,
  autoCreateTopics: false,
  includeClusterOperations: false,
  includeTopicOperations: false,
};
const nowhere: BrokerAddress = { host: '127.0.0.1', port: 1 };

export function clientConformance(name: string, { create, broker }: ClientUnderTest): void {
  describe(`Kafka client: ${name}`, () => {
    const events: { name: keyof RuntimeEvents; event: unknown }[] = [];
    let running: { readonly address: BrokerAddress; close(): Promise<void> };

    beforeAll(async () => {
      running = await broker();
    });
    afterAll(() => running.close());

    function connect(brokers: readonly BrokerAddress[], changes: Partial<KafkaClientOptions> = {}) {
      const hub = new EventHub();
      hub.listen((event, payload) => events.push({ name: event, event: payload }));
      const client = create({
        brokers,
        clientId: 'conformance',
        requestTimeoutMs: 30_000,
        maxResponseBytes: 100 * 1024 * 1024,
        clock: systemClock,
        emit: hub.emit,
        ...changes,
      });
      return { client, [Symbol.asyncDispose]: () => client.close() };
    }

    async function faulty(misbehave: Misbehaviour): Promise<FaultyBroker & AsyncDisposable> {
      const server = await startFaultyBroker(
        misbehave,
        new Map([
          [metadata.key, [0, 8]],
          [produce.key, [3, 8]],
        ]),
      );
      return { ...server, [Symbol.asyncDispose]: () => server.close() };
    }

    async function makeTopic(client: KafkaClient): Promise<string> {
      const topic = `conformance-${crypto.randomUUID()}`;
      await client.send('any', 'metadata', createTopics, {
        topics: [{ name: topic, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 30_000,
        validateOnly: false,
      });
      await eventually(async () => {
        const request = { ...allTopics, topics: [{ topicId: zeroUuid, name: topic }] };
        const { topics } = await client.send('any', 'metadata', metadata, request);
        return topics[0]?.partitions[0]?.errorCode;
      }).toBe(0);
      return topic;
    }

    test('speaks the highest common version, flexible or not', async () => {
      await using it = connect([running.address]);
      const flexible = await it.client.send('any', 'metadata', metadata, allTopics);
      const plain = await it.client.send('any', 'metadata', metadata, allTopics, { maxVersion: 8 });
      expect(flexible.brokers).toEqual(plain.brokers);
      expect(plain.clusterId).toBe(flexible.clusterId);
      const request = { key: 'g', keyType: 0, keys: ['g'] };
      const old = await it.client.send('any', 'metadata', findCoordinator, request, { maxVersion: 2 });
      expect(old.coordinators).toEqual([]);
    });

    test('sends to a broker by its address', async () => {
      await using it = connect([nowhere]);
      const answer = await it.client.send(running.address, 'metadata', metadata, allTopics);
      expect(answer.brokers.length).toBeGreaterThan(0);
    });

    test('leaves error codes to the caller', async () => {
      await using it = connect([running.address]);
      const request = { groupId: 'nobody', generation: 1, memberId: 'nobody', instanceId: null };
      // Kafka answers a heartbeat with 0 while its coordinator is loading the group's partition.
      await eventually(async () => {
        return (await it.client.send('any', 'coordinator:nobody', heartbeat, request)).errorCode;
      }).not.toBe(0);
    });

    test('tries the configured brokers in turn', async () => {
      await using it = connect([nowhere, running.address]);
      expect((await it.client.send('any', 'metadata', metadata, allTopics)).brokers.length).toBeGreaterThan(0);
    });

    test('keeps the order of requests of one purpose', async () => {
      await using it = connect([running.address]);
      const done: number[] = [];
      const one = (n: number) => it.client.send('any', 'metadata', metadata, allTopics).then(() => done.push(n));
      await Promise.all([one(1), one(2), one(3), one(4)]);
      expect(done).toEqual([1, 2, 3, 4]);
    });

    test('a long poll does not hold back another purpose, and release ends it', async () => {
      await using it = connect([running.address]);
      const topic = await makeTopic(it.client);
      const poll = it.client.send(running.address, 'fetch:a', fetch, longPoll(topic), { maxVersion: 12 });
      const ended = expect(poll).rejects.toMatchObject({ code: 'RT_KAFKA_CONNECTION', retryable: true });
      await it.client.send(running.address, 'metadata', metadata, allTopics);
      await it.client.release('fetch:a', { host: 'elsewhere', port: 1 });
      await it.client.send(running.address, 'metadata', metadata, allTopics);
      await it.client.release('fetch:a', running.address);
      await ended;
      // A purpose that was released can be used again.
      const soon = { ...longPoll(topic), maxWaitMs: 1 };
      expect((await it.client.send(running.address, 'fetch:a', fetch, soon, { maxVersion: 12 })).errorCode).toBe(0);
    });

    test('release also ends a connection that is being made', async () => {
      await using server = await faulty(() => {});
      await using it = connect([server.address]);
      const sent = it.client.send('any', 'metadata', metadata, allTopics);
      const ended = expect(sent).rejects.toMatchObject({
        code: 'RT_KAFKA_CONNECTION',
        message: expect.stringContaining('released'),
      });
      // Connecting begins a turn after the call.
      await Promise.resolve();
      await it.client.release('metadata');
      await ended;
      await eventually(() => server.connections()).toBe(0);
    });

    test('a request without an answer resolves once it is written, and the connection goes on', async () => {
      const seen: number[] = [];
      await using server = await faulty(({ apiKey, correlationId, socket }) => {
        seen.push(apiKey);
        if (apiKey === metadata.key) socket.write(responseFrame(correlationId, emptyMetadata()));
      });
      await using it = connect([server.address]);
      const request = { transactionalId: null, acks: 0, timeoutMs: 1000, topics: [] };
      for (let round = 0; round < 10; round++) {
        expect(await it.client.send('any', 'produce', produce, request, { noResponse: true })).toBeNull();
      }
      expect((await it.client.send('any', 'produce', metadata, allTopics)).brokers).toEqual([]);
      expect(seen).toEqual([...Array<number>(10).fill(produce.key), metadata.key]);
    });

    test('any number of requests may be open', async () => {
      const sockets: { readonly correlationId: number; readonly socket: Socket }[] = [];
      await using server = await faulty((request) => void sockets.push(request));
      await using it = connect([server.address]);
      const open = Array.from({ length: 20 }, () => it.client.send('any', 'metadata', metadata, allTopics));
      await eventually(() => sockets.length).toBe(open.length);
      for (const { correlationId, socket } of sockets) socket.write(responseFrame(correlationId, emptyMetadata()));
      expect((await Promise.all(open)).map(({ brokers }) => brokers.length)).toEqual(open.map(() => 0));
    });

    test('a frame that is too short for its header is refused', async () => {
      await using server = await faulty(({ socket }) => {
        socket.write(Buffer.from([0, 0, 0, 2, 0, 0]));
      });
      await using it = connect([server.address]);
      const sent = it.client.send('any', 'metadata', metadata, allTopics);
      await expect(sent).rejects.toMatchObject({ code: 'RT_KAFKA_PROTOCOL' });
      await eventually(() => server.connections()).toBe(0);
    });

    test('an answer to no question ends the connection', async () => {
      await using server = await faulty(({ correlationId, socket }) => {
        socket.write(responseFrame(correlationId + 1000, emptyMetadata()));
      });
      await using it = connect([server.address]);
      const sent = it.client.send('any', 'metadata', metadata, allTopics, { timeoutMs: 500 });
      await expect(sent).rejects.toMatchObject({ name: 'KafkaError', retryable: true });
      await eventually(() => server.connections()).toBe(0);
    });

    test('an answer that comes before that of an earlier request ends the connection: who knows whose it is', async () => {
      const asked: { readonly correlationId: number; readonly socket: Socket }[] = [];
      await using server = await faulty((request) => void asked.push(request));
      await using it = connect([server.address]);
      const sent = [1, 2].map(() => it.client.send('any', 'metadata', metadata, allTopics, { timeoutMs: 20_000 }));
      const ended = sent.map((answer) => expect(answer).rejects.toMatchObject({ code: 'RT_KAFKA_PROTOCOL' }));
      await eventually(() => asked.length).toBe(2);
      for (const { correlationId, socket } of asked.toReversed())
        socket.write(responseFrame(correlationId, emptyMetadata()));
      await Promise.all(ended);
      await eventually(() => server.connections()).toBe(0);
    });

    test('says when there is no common version', async () => {
      await using server = await faulty(() => {});
      await using it = connect([server.address]);
      const request = { groupId: 'g', generation: 1, memberId: 'm', instanceId: null };
      await expect(it.client.send('any', 'metadata', heartbeat, request)).rejects.toMatchObject({
        code: 'RT_KAFKA_UNSUPPORTED',
        retryable: false,
      });
    });

    test('names every broker that cannot be reached', async () => {
      await using it = connect([nowhere]);
      const error = await it.client.send('any', 'metadata', metadata, allTopics).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(KafkaError);
      expect(error).toMatchObject({ code: 'RT_KAFKA_CONNECTION', retryable: true });
      expect((error as KafkaError).message).toContain('127.0.0.1:1');
    });

    test('a request that times out closes its connection, and the next one works', async () => {
      let served = 0;
      await using server = await faulty(({ correlationId, socket }) => {
        if (served++ > 0) socket.write(responseFrame(correlationId, emptyMetadata()));
      });
      await using it = connect([server.address]);
      const sent = it.client.send('any', 'metadata', metadata, allTopics, { timeoutMs: 50 });
      await expect(sent).rejects.toMatchObject({ code: 'RT_KAFKA_TIMEOUT', retryable: true });
      await eventually(() => server.connections()).toBe(0);
      expect((await it.client.send('any', 'metadata', metadata, allTopics)).brokers).toEqual([]);
    });

    test('a connection that is cut rejects its requests; the next one connects again and says so', async () => {
      let served = 0;
      await using server = await faulty(({ correlationId, socket }) => {
        if (served++ === 0) socket.destroy();
        else socket.write(responseFrame(correlationId, emptyMetadata()));
      });
      await using it = connect([server.address]);
      events.length = 0;
      const sent = it.client.send('any', 'metadata', metadata, allTopics);
      await expect(sent).rejects.toMatchObject({ code: 'RT_KAFKA_CONNECTION', retryable: true });
      await it.client.send('any', 'metadata', metadata, allTopics);
      expect(events.map((event) => event.name)).toEqual(['kafka.connectionFailed', 'kafka.reconnected']);
    });

    test('a frame that is too long is refused before it arrives', async () => {
      await using server = await faulty(({ socket }) => {
        socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0]));
      });
      await using it = connect([server.address], { maxResponseBytes: 4096 });
      const sent = it.client.send('any', 'metadata', metadata, allTopics);
      await expect(sent).rejects.toMatchObject({
        code: 'RT_KAFKA_PROTOCOL',
        message: expect.stringContaining('kafka.maxResponseBytes'),
      });
      await eventually(() => server.connections()).toBe(0);
    });

    test('bytes that do not decode close the connection', async () => {
      await using server = await faulty(({ correlationId, socket }) => {
        socket.write(responseFrame(correlationId, Buffer.of(1, 2, 3)));
      });
      await using it = connect([server.address]);
      const sent = it.client.send('any', 'metadata', metadata, allTopics);
      await expect(sent).rejects.toMatchObject({ code: 'RT_KAFKA_PROTOCOL' });
      await eventually(() => server.connections()).toBe(0);
    });

    test('close rejects what is open, leaves no socket, and nothing can be sent afterwards', async () => {
      await using server = await faulty(() => {});
      await using it = connect([server.address]);
      const open = it.client.send('any', 'metadata', metadata, allTopics);
      const ended = expect(open).rejects.toMatchObject({ code: 'RT_KAFKA_CONNECTION' });
      await eventually(() => server.connections()).toBe(1);
      await it.client.close();
      await ended;
      await eventually(() => server.connections()).toBe(0);
      await expect(it.client.send('any', 'metadata', metadata, allTopics)).rejects.toMatchObject({
        code: 'RT_KAFKA_CONNECTION',
        retryable: false,
      });
    });
  });
}

/** Vitest's own second is short on a machine that does much else. */
function eventually<T>(read: () => T) {
  return expect.poll(read, { timeout: 30_000, interval: 10 });
}

function longPoll(topic: string) {
  return {
    replicaId: -1,
    maxWaitMs: 20_000,
    minBytes: 1,
    maxBytes: 1024 * 1024,
    isolationLevel: 1,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [
      {
        name: topic,
        topicId: zeroUuid,
        partitions: [
          {
            partition: 0,
            currentLeaderEpoch: -1,
            offset: 0,
            lastFetchedEpoch: -1,
            logStartOffset: -1,
            maxBytes: 1024 * 1024,
          },
        ],
      },
    ],
    forgottenTopics: [],
    rackId: '',
  };
}

/** In the highest version that the misbehaving server claims to speak. */
function emptyMetadata(): Buffer {
  return metadata.writeResponse(
    {
      throttleTimeMs: 0,
      brokers: [],
      clusterId: null,
      controllerId: -1,
      topics: [],
      clusterOperations: 0,
      errorCode: 0,
    },
    8,
  );
}
