import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Broker, type BrokerOptions, createBroker } from '../../../runtime/broker/broker.ts';
import { startBrokerThread } from '../../../runtime/broker/start-broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import { kafkaErrors } from '../../../runtime/protocol/error-codes.ts';
import { fetch } from '../../../runtime/protocol/fetch.ts';
import { metadata } from '../../../runtime/protocol/metadata.ts';
import { offsetCommit } from '../../../runtime/protocol/offset-commit.ts';
import { produce } from '../../../runtime/protocol/produce.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { commitRequest, createOrders, fetchRequest, metadataRequest, produceRequest } from './support/requests.ts';
import { WireClient } from './support/wire-client.ts';

const opened: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function brokerOf(options: Partial<BrokerOptions> = {}): Promise<Broker> {
  const broker = await createBroker({ clock: systemClock, random: seededRandom(1), ...options });
  opened.push(() => broker.close());
  return broker;
}

async function clientOf(port: number): Promise<WireClient> {
  const client = await WireClient.open(port);
  opened.push(() => client.close());
  return client;
}

const commitCode = async (client: WireClient, offset: number): Promise<number | undefined> =>
  (await client.send(offsetCommit, commitRequest(offset), 8)).topics[0]?.partitions[0]?.errorCode;

test.each(['0.0.0.0', '192.168.1.1', 'localhost'])('it does not listen on %s', async (host) => {
  await expect(brokerOf({ host })).rejects.toThrow(
    `listens on 127.0.0.1 or ::1 only, as it lets everybody in (got "${host}")`,
  );
});

test('it refuses to run under NODE_ENV=production', async () => {
  const before = process.env.NODE_ENV;
  opened.push(() => {
    process.env.NODE_ENV = before;
  });
  process.env.NODE_ENV = 'production';
  await expect(brokerOf()).rejects.toThrow('found NODE_ENV=production');
});

test('a port that is taken is named', async () => {
  const { address } = await brokerOf();
  await expect(brokerOf({ port: address.port })).rejects.toThrow(`127.0.0.1:${address.port} (EADDRINUSE)`);
});

test('after a stop it comes back on the same port with what it knew', async () => {
  const broker = await brokerOf();
  const before = await clientOf(broker.address.port);
  await createOrders(before);
  await before.send(produce, produceRequest(), 9);
  await broker.stop();
  await before.closed();
  await expect(WireClient.open(broker.address.port)).rejects.toThrow('ECONNREFUSED');
  await broker.restart();
  const after = await clientOf(broker.address.port);
  expect((await after.send(fetch, fetchRequest(), 12)).topics[0]?.partitions[0]?.highWatermark).toBe(1);
});

test('with a folder another broker goes on where the first one ended', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'broker-'));
  opened.push(() => rmSync(dir, { recursive: true }));
  const first = await brokerOf({ dir });
  const client = await clientOf(first.address.port);
  await createOrders(client);
  await client.send(produce, produceRequest(), 9);
  const { clusterId } = await client.send(metadata, metadataRequest());
  await first.close();
  const second = await createBroker({ clock: systemClock, random: seededRandom(2), dir });
  opened.push(() => second.close());
  const again = await clientOf(second.address.port);
  expect(await again.send(metadata, metadataRequest())).toMatchObject({ clusterId, topics: [{ name: 'orders' }] });
  expect((await again.send(fetch, fetchRequest(), 12)).topics[0]?.partitions[0]?.records?.length).toBeGreaterThan(60);
});

test('queued actions are used up one request at a time', async () => {
  const { address, control } = await brokerOf();
  const client = await clientOf(address.port);
  await createOrders(client);
  control.next('OffsetCommit', { kind: 'error', code: 27 }, { kind: 'pass' }, { kind: 'error', code: 16 });
  expect([await commitCode(client, 1), await commitCode(client, 2), await commitCode(client, 3)]).toEqual([27, 0, 16]);
  expect(await commitCode(client, 4)).toBe(kafkaErrors.NONE);
  expect(control.served('OffsetCommit')).toBe(4);
});

test('a closed connection was not served, a lost answer was', async () => {
  const { address, control } = await brokerOf();
  const client = await clientOf(address.port);
  await createOrders(client);
  control.next('Produce', { kind: 'close' }, { kind: 'loseAnswer' });
  for (let i = 0; i < 2; i++) {
    const producer = await clientOf(address.port);
    await expect(producer.send(produce, produceRequest(), 9)).rejects.toThrow('closed instead of an answer');
  }
  expect((await client.send(fetch, fetchRequest(), 12)).topics[0]?.partitions[0]?.highWatermark).toBe(1);
});

test('a delayed answer lets other connections pass', async () => {
  const clock = new ManualClock();
  const { address, control } = await brokerOf({ clock });
  const [slow, fast] = [await clientOf(address.port), await clientOf(address.port)];
  control.next('Metadata', { kind: 'delay', ms: 300 });
  const order: string[] = [];
  const delayed = slow.send(metadata, metadataRequest()).then(() => order.push('slow'));
  while (clock.pending === 0) await systemClock.turn();
  await fast.send(metadata, metadataRequest());
  order.push('fast');
  await clock.advance(300);
  await delayed;
  expect(order).toEqual(['fast', 'slow']);
});

test('in a thread of its own it serves, is controlled, refuses and ends the same way', async () => {
  const broker = await startBrokerThread();
  opened.push(() => broker.close());
  const client = await clientOf(broker.address.port);
  await createOrders(client);
  await broker.control.next('OffsetCommit', { kind: 'error', code: 27 });
  expect(await commitCode(client, 1)).toBe(27);
  expect(await broker.control.served('OffsetCommit')).toBe(1);
  await broker.stop();
  await broker.restart();
  const again = await clientOf(broker.address.port);
  expect((await again.send(metadata, metadataRequest())).topics).toHaveLength(1);
  await expect(startBrokerThread({ port: broker.address.port })).rejects.toThrow('EADDRINUSE');
});
