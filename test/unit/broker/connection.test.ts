import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Broker, createBroker } from '../../../runtime/broker/broker.ts';
import { systemClock } from '../../../runtime/core/clock.ts';
import { seededRandom } from '../../../runtime/core/random.ts';
import { apiVersions } from '../../../runtime/protocol/api-versions.ts';
import { zeroUuid } from '../../../runtime/protocol/codec.ts';
import { kafkaErrors } from '../../../runtime/protocol/error-codes.ts';
import { fetch } from '../../../runtime/protocol/fetch.ts';
import { metadata } from '../../../runtime/protocol/metadata.ts';
import { produce } from '../../../runtime/protocol/produce.ts';
import { Reader } from '../../../runtime/protocol/reader.ts';
import { writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';
import { createOrders, fetchRequest, metadataRequest, produceRequest } from './support/requests.ts';
import { WireClient } from './support/wire-client.ts';

let broker: Broker;
let client: WireClient;
const open: WireClient[] = [];

async function connected(): Promise<WireClient> {
  const made = await WireClient.open(broker.address.port);
  open.push(made);
  return made;
}

beforeEach(async () => {
  broker = await createBroker({ clock: systemClock, random: seededRandom(1) });
  client = await connected();
});

afterEach(async () => {
  for (const made of open.splice(0)) made.close();
  await broker.close();
});

const versionsRequest = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };

test('ApiVersions lists what is answered, and Produce from 0 for librdkafka', async () => {
  const { apis, errorCode } = await client.send(apiVersions, versionsRequest);
  expect(errorCode).toBe(0);
  expect(apis.find((a) => a.key === produce.key)).toMatchObject({ minVersion: 0, maxVersion: 13 });
  expect(apis.some((a) => a.key === 76)).toBe(false); // ShareGroupHeartbeat comes with a later version
});

test('an ApiVersions version from the future is answered in v0 with error 35 and the range', async () => {
  const frame = Buffer.from('0012006300000007ffff', 'hex'); // key 18, version 99, correlation 7, no client id
  client.writeFrame(frame);
  const reader = new Reader(await client.frame());
  expect(reader.int32()).toBe(7);
  expect(apiVersions.readResponse(reader, 0)).toMatchObject({
    errorCode: kafkaErrors.UNSUPPORTED_VERSION,
    apis: [{ key: 18, minVersion: 0, maxVersion: 4 }],
  });
});

test.each([
  ['an unknown api', '03e7000000000001ffff'],
  ['an unknown version', '0003006300000001ffff'],
  ['a header cut short', '000300'],
  ['a body cut short', '0003000100000001ffff0000'],
  ['an array longer than the frame', '0003000100000001ffff7fffffff'],
  ['an empty frame', ''],
])('%s closes the connection, and only that one', async (_, hex) => {
  const other = await connected();
  client.writeFrame(Buffer.from(hex, 'hex'));
  await client.closed();
  expect((await other.send(metadata, metadataRequest())).errorCode).toBe(0);
});

test('a length above the limit closes the connection before any of it was sent', async () => {
  client.writeBytes(Buffer.from('7fffffff', 'hex'));
  await client.closed();
});

test('random bytes never end the broker', async () => {
  const random = seededRandom(42);
  for (let i = 0; i < 300; i++) {
    const fuzzer = await WireClient.open(broker.address.port);
    const body = Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * 256)));
    // Half of them begin as a request that is known, so that bodies are reached too.
    if (i % 2 === 0 && body.length > 4) body.set([0, Math.floor(random() * 48), 0, Math.floor(random() * 10)]);
    fuzzer.writeFrame(body);
    fuzzer.close();
  }
  expect((await client.send(metadata, metadataRequest())).errorCode).toBe(0);
});

test('requests of one connection are answered in order, a waiting one holds back the rest', async () => {
  await createOrders(client);
  const other = await connected();
  const order: string[] = [];
  const waiting = client.send(fetch, fetchRequest({ maxWaitMs: 30_000 }), 12).then(() => order.push('fetch'));
  const behind = client.send(metadata, metadataRequest()).then(() => order.push('metadata'));
  await other.send(metadata, metadataRequest());
  expect(order).toEqual([]);
  await other.send(produce, produceRequest(), 9); // ends the wait
  await Promise.all([waiting, behind]);
  expect(order).toEqual(['fetch', 'metadata']);
});

test('with acks 0 nothing is answered, and what cannot be appended closes the connection', async () => {
  await createOrders(client);
  client.write(produce, produceRequest({ acks: 0 }), 9);
  const { topics } = await client.send(fetch, fetchRequest(), 12);
  expect(topics[0]?.partitions[0]?.highWatermark).toBe(1);
  const records = writeBatch({ records: [{ key: null, value: null, headers: [], timestamp: 0 }] });
  client.write(produce, produceRequest({ acks: 0, records: records.subarray(0, 40) }), 9);
  await client.closed();
});

test('a fetch without new records is answered when its time is over', async () => {
  await createOrders(client);
  const { topics } = await client.send(fetch, fetchRequest({ maxWaitMs: 5 }), 12);
  expect(topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 0 });
});

test.each([
  [10, '', kafkaErrors.INVALID_TOPIC_EXCEPTION],
  [11, '', kafkaErrors.INVALID_TOPIC_EXCEPTION],
  [12, null, kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION],
])('Metadata v%i answers for a topic without name and id', async (version, name, errorCode) => {
  const topics = [{ name: null, topicId: zeroUuid }];
  const answer = await client.send(metadata, { ...metadataRequest(), topics }, version);
  expect(answer.topics).toMatchObject([{ name, errorCode }]);
});
