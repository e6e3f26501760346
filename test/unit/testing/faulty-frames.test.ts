// What a client with real sockets makes of each fault, in front of an embedded broker that knows nothing of it.
import { expect, type TestContext, test } from 'vitest';
import { createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { systemRandom } from '../../../runtime/core/random.ts';
import { createKafkajsClient } from '../../../runtime/kafka/kafkajs/client.ts';
import { loadPlatformaticClient } from '../../../runtime/kafka/platformatic/client.ts';
import { findCoordinator } from '../../../runtime/protocol/find-coordinator.ts';
import { metadata } from '../../../runtime/protocol/metadata.ts';
import { FaultyFrames, type FrameFault, startFaultyNetwork, until } from '../../../runtime/testing/index.ts';

const clients = { kafkajs: async () => createKafkajsClient, platformatic: loadPlatformaticClient };

async function scene(t: TestContext, name: keyof typeof clients) {
  const broker = await createBroker({ clock: systemClock, random: systemRandom });
  const frames = new FaultyFrames({ advertise: () => network.address });
  const network = await startFaultyNetwork(() => broker.address, { tap: frames.tap });
  const client = (await clients[name]())({
    brokers: [network.address],
    clientId: 'test',
    requestTimeoutMs: 20_000,
    maxResponseBytes: 1024 * 1024,
    clock: systemClock,
    emit: () => {},
  });
  t.onTestFinished(async () => {
    await client.close();
    await network.close();
    await broker.close();
  });
  const request = {
    topics: [],
    autoCreateTopics: false,
    includeClusterOperations: false,
    includeTopicOperations: false,
  };
  return {
    ...{ frames, network },
    ask: () => client.send('any', 'metadata', metadata, request),
    askWho: (key = 'g') => client.send('any', 'metadata', findCoordinator, { key, keyType: 0, keys: [key] }),
  };
}

const outcomes: readonly [string, FrameFault, string][] = [
  ['a lost request', { kind: 'loseRequest' }, 'RT_KAFKA_CONNECTION'],
  ['a lost answer', { kind: 'loseAnswer' }, 'RT_KAFKA_CONNECTION'],
  ['B1: an answer cut in its header', { kind: 'cut', in: 'header' }, 'RT_KAFKA_CONNECTION'],
  ['B1: an answer cut in its body', { kind: 'cut', in: 'body' }, 'RT_KAFKA_CONNECTION'],
  ['B2: a length of 0', { kind: 'length', length: 0 }, 'RT_KAFKA_PROTOCOL'],
  ['B2: a length of 3', { kind: 'length', length: 3 }, 'RT_KAFKA_PROTOCOL'],
  ['B2: a length of -1', { kind: 'length', length: -1 }, 'RT_KAFKA_PROTOCOL'],
  ['B2: a length of 2^31-1', { kind: 'length', length: 0x7fffffff }, 'RT_KAFKA_PROTOCOL'],
  ['B3: an answer to nobody', { kind: 'correlation', of: 'nobody' }, 'RT_KAFKA_'],
  ['B3: an answer to a request that was answered', { kind: 'correlation', of: 'before' }, 'RT_KAFKA_'],
];

for (const name of ['kafkajs', 'platformatic'] as const) {
  test.for(outcomes)(`${name}: %s ends the connection, and the next one works`, async ([, fault, code], t) => {
    const it = await scene(t, name);
    await it.ask();
    it.frames.next('Metadata', fault);
    await expect(it.ask()).rejects.toMatchObject({ code: expect.stringContaining(code), retryable: true });
    await until(() => it.network.connections() === 0);
    const { brokers } = await it.ask();
    expect(brokers).toMatchObject([it.network.address]);
    expect([it.frames.seen('Metadata'), it.frames.struck]).toEqual([3, 1]);
  });

  test(`${name}: B3: answers that are swapped resolve nothing`, async (t) => {
    const it = await scene(t, name);
    await it.ask();
    it.frames.next('FindCoordinator', { kind: 'swap' });
    // Each answer decodes, as one to the other question.
    const both = await Promise.allSettled([it.askWho('g'), it.askWho('h')]);
    expect(both).toMatchObject([
      { status: 'rejected', reason: { code: 'RT_KAFKA_PROTOCOL' } },
      { status: 'rejected', reason: { code: 'RT_KAFKA_PROTOCOL' } },
    ]);
    await until(() => it.network.connections() === 0);
    expect((await it.askWho()).coordinators).toMatchObject([{ key: 'g', port: it.network.address.port }]);
  });

  test(`${name}: B3: an answer that comes twice ends the connection`, async (t) => {
    const it = await scene(t, name);
    it.frames.next('Metadata', { kind: 'repeat' });
    await it.ask().catch(() => {}); // both came at once, and the second may be seen before the first is taken
    await until(() => it.network.connections() === 0);
    await it.ask();
  });
}

test('changes what an answer says, and refuses without the broker', async (t) => {
  const it = await scene(t, 'kafkajs');
  it.frames.next('Metadata', { kind: 'pass' }, { kind: 'change', change: (answer) => ({ ...answer, brokers: [] }) });
  expect((await it.ask()).brokers).toHaveLength(1);
  expect((await it.ask()).brokers).toEqual([]);
  it.frames.always('FindCoordinator', { kind: 'error', code: 15 });
  for (let i = 0; i < 2; i++) expect((await it.askWho()).coordinators[0]!.errorCode).toBe(15);
  it.frames.always('FindCoordinator', null);
  expect((await it.askWho()).coordinators[0]!.errorCode).toBe(0);
});
