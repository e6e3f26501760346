import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CommittedOffsets } from '../../../../runtime/broker/groups/committed-offsets.ts';
import type { BrokerStore } from '../../../../runtime/broker/storage/broker-store.ts';
import { openFolderStore } from '../../../../runtime/broker/storage/folder-store.ts';
import { Topics } from '../../../../runtime/broker/topics.ts';
import { seededRandom } from '../../../../runtime/core/random.ts';
import { writeBatch } from '../../../../runtime/protocol/records/batch-writer.ts';
import { ManualClock } from '../../../../runtime/testing/manual-clock.ts';

let dir: string;
let store: BrokerStore | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'broker-store-'));
});

afterEach(() => {
  store?.close();
  store = null;
  rmSync(dir, { recursive: true });
});

/** Closes what is open and reads the folder again. */
function reopen(): { readonly topics: Topics; readonly offsets: CommittedOffsets } {
  store?.close();
  store = openFolderStore(dir);
  const topics = new Topics(store, new ManualClock(), seededRandom(1), 1);
  return { topics, offsets: new CommittedOffsets(store) };
}

const orders = { name: 'orders', partitionCount: 2, replicationFactor: 1, settings: { 'retention.ms': '5' } };

function produce(topics: Topics, partition: number, value: string): void {
  const records = writeBatch({ records: [{ key: null, value: Buffer.from(value), headers: [], timestamp: 0 }] });
  const { partitions, appendRules } = topics.get('orders')!;
  expect(partitions[partition]!.produce(records, appendRules).kind).toBe('appended');
}

const logFile = (topics: Topics, partition: number) => join(dir, `${topics.get('orders')!.id}-${partition}.log`);

test('topics, settings, records and offsets are there again', () => {
  const { topics, offsets } = reopen();
  const { id } = topics.create(orders);
  produce(topics, 1, 'first');
  produce(topics, 1, 'second');
  offsets.commit('billing', { topic: 'orders', partition: 1, offset: 1, leaderEpoch: 0, metadata: 'm' });
  const bytes = Buffer.from(topics.partition('orders', 1)!.log.read(0, 9, 1e6, true));

  const after = reopen();
  const topic = after.topics.get('orders');
  expect([topic?.id, topic?.settings]).toEqual([id, { 'retention.ms': '5' }]);
  expect(topic?.partitions.map((p) => p.highWatermark)).toEqual([0, 2]);
  expect(topic?.partitions[1]?.log.read(0, 9, 1e6, true)).toEqual(bytes);
  expect(after.offsets.get('billing', { topic: 'orders', partition: 1 })).toMatchObject({ offset: 1, metadata: 'm' });
});

test('a batch that a crash cut off is dropped, and appending goes on before it', () => {
  const { topics } = reopen();
  topics.create(orders);
  produce(topics, 0, 'whole');
  produce(topics, 0, 'cut');
  const file = logFile(topics, 0);
  truncateSync(file, readFileSync(file).length - 3);

  const after = reopen();
  expect(after.topics.partition('orders', 0)?.highWatermark).toBe(1);
  produce(after.topics, 0, 'next');
  expect(reopen().topics.partition('orders', 0)?.highWatermark).toBe(2);
});

test('a damaged batch ends the log there', () => {
  const { topics } = reopen();
  topics.create(orders);
  produce(topics, 0, 'one');
  produce(topics, 0, 'two');
  const file = logFile(topics, 0);
  const bytes = readFileSync(file);
  bytes[bytes.length - 2] = bytes[bytes.length - 2]! ^ 0xff;
  writeFileSync(file, bytes);
  expect(reopen().topics.partition('orders', 0)?.highWatermark).toBe(1);
});

test('a line of the journal that a crash cut off is dropped', () => {
  const { topics } = reopen();
  topics.create(orders);
  appendFileSync(join(dir, 'journal.jsonl'), '{"kind":"topic","name":"half');
  const after = reopen();
  expect(after.topics.all().map((t) => t.name)).toEqual(['orders']);
  after.topics.create({ ...orders, name: 'more' });
  expect(
    reopen()
      .topics.all()
      .map((t) => t.name),
  ).toEqual(['more', 'orders']);
});

test('deleted topics, records and offsets stay deleted', () => {
  const { topics, offsets } = reopen();
  const topic = topics.create(orders);
  produce(topics, 0, 'one');
  produce(topics, 0, 'two');
  topics.deleteRecordsBefore(topic, 0, 1);
  topics.create({ ...orders, name: 'gone' });
  topics.delete(topics.get('gone')!);
  offsets.commit('billing', { topic: 'orders', partition: 1, offset: 1, leaderEpoch: 0, metadata: '' });
  offsets.deleteGroup('billing');

  const after = reopen();
  expect(after.topics.all().map((t) => t.name)).toEqual(['orders']);
  expect(after.topics.partition('orders', 0)?.log.logStart).toBe(1);
  expect(after.offsets.groupIds()).toEqual([]);
  expect(readdirSync(dir).filter((name) => name.endsWith('.log'))).toHaveLength(2);
});

test('a folder that cannot be written is the user´s to change', () => {
  const file = join(dir, 'file');
  writeFileSync(file, '');
  expect(() => openFolderStore(file)).toThrow(/cannot keep its data in .*choose a folder/);
  expect(() => openFolderStore(join(file, 'below'))).toThrow(/cannot keep its data in .*choose a folder/);
});

test('folders above it are made too', () => {
  const store = openFolderStore(join(dir, 'a', 'b', 'c'));
  expect(readdirSync(join(dir, 'a', 'b', 'c'))).toEqual(['journal.jsonl']);
  store.close();
});
