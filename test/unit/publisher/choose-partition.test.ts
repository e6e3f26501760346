// Row S-35.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { PartitionerSettings } from '../../../runtime/core/settings.ts';
import { type ChoosePartition, choosePartition } from '../../../runtime/publisher/choose-partition.ts';
import { loadPartitioner } from '../../../runtime/publisher/load-partitioner.ts';
import { partitionOfKey } from '../../../runtime/publisher/murmur2.ts';
import { record, setup } from './support.ts';

function by(name: PartitionerSettings['by']): ChoosePartition {
  return choosePartition({ by: name, file: null, keyRequired: false }, null);
}

function hashed(key: string, count: number): number {
  return partitionOfKey(Buffer.from(key), count);
}

test('composite: what stands before the first colon decides', () => {
  const choose = by('composite');
  expect(choose(record('tenant-7:order-1', ''), 12)).toBe(hashed('tenant-7', 12));
  expect(choose(record('tenant-7:order-2:x', ''), 12)).toBe(hashed('tenant-7', 12));
  expect(choose(record('tenant-7', ''), 12)).toBe(hashed('tenant-7', 12));
  expect(choose(record(':order', ''), 12)).toBe(hashed('', 12));
  expect(choose(record(null, ''), 12)).toBe('keyless');
});

test('prefix: the number behind the last underscore decides, of other keys the hash', () => {
  const choose = by('prefix');
  expect(choose(record('user_123', ''), 12)).toBe(3);
  expect(choose(record('order_item_25', ''), 12)).toBe(1);
  expect(choose(record('user_18446744073709551617', ''), 10)).toBe(7); // beyond what a double can tell
  for (const key of ['user_', 'user', 'user_12a', '123', `user_${'9'.repeat(60)}`]) {
    expect(choose(record(key, ''), 12)).toBe(hashed(key, 12));
  }
  expect(choose(record(null, ''), 12)).toBe('keyless');
});

test('round robin: each record takes the next partition, with a key too', async () => {
  const { producer } = await setup();
  const sender = producer({ partitioner: { by: 'roundRobin', file: null, keyRequired: false } });
  const places = await sender.send(['a', 'a', null, 'b', 'b', 'b'].map((key) => record(key, 'x')));
  expect(places.map(({ partition }) => partition)).toEqual([1, 2, 0, 1, 2, 0]);
});

test('records without a key: those of one call share a partition, the next call takes the next', async () => {
  const { producer } = await setup();
  const sender = producer();
  const calls = await Promise.all([1, 2, 3].map(() => sender.send([record(null, 'x'), record(null, 'y')])));
  expect(calls.map((places) => places.map(({ partition }) => partition))).toEqual([
    [1, 1],
    [2, 2],
    [0, 0],
  ]);
});

test('the partition that a record names counts more than any partitioner', async () => {
  const { producer } = await setup();
  const sender = producer({ partitioner: { by: 'roundRobin', file: null, keyRequired: true } });
  const places = await sender.send([
    { ...record('a', 'x'), partition: 2 },
    { ...record(null, 'x'), partition: 2 },
  ]);
  expect(places.map(({ partition }) => partition)).toEqual([2, 2]);
});

test('keyRequired: a record without a key is refused alone, and a dead letter is not', async () => {
  const { producer, values } = await setup();
  const sender = producer({ partitioner: { by: 'key', file: null, keyRequired: true } });
  const { failures } = await sender.deliver([record('a', '1'), record(null, '2')]);
  expect(failures).toMatchObject([
    { index: 1, error: { code: 'RT_PUBLISH_INVALID', message: expect.stringContaining('aggregateId') as unknown } },
  ]);
  await sender.send([record(null, 'letter')], { deadLetter: true });
  expect([...(await values())].sort()).toEqual(['1', 'letter']);
});

test('a dead letter goes by its key, whatever the partitioner', async () => {
  const { producer } = await setup();
  const sender = producer({ partitioner: { by: 'prefix', file: null, keyRequired: false } });
  const [place] = await sender.send([record('user_1', 'x')], { deadLetter: true });
  expect(place!.partition).toBe(hashed('user_1', 3));
  expect(hashed('user_1', 3)).not.toBe(1);
});

async function moduleOf(source: string): Promise<ChoosePartition> {
  const folder = mkdtempSync(join(tmpdir(), 'partitioner-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'partitioner.mjs');
  writeFileSync(file, source);
  return loadPartitioner({ by: 'module', file, keyRequired: false });
}

test('module: a function of the user decides', async () => {
  const choose = await moduleOf(
    'export default ({ topic, key, headers }, count) => topic.length + Number(key ?? 0) + headers.get("n").length + count;',
  );
  const one = record('-5', '', [['n', Buffer.from('ab')]]);
  expect(() => choose(one, 3)).toThrow(/expected a partition of orders from 0 to 2, got number 6/);
  expect(choose({ ...one, key: Buffer.from('-11') }, 3)).toBe(0);
});

test.each([
  ['throws', 'export default () => { throw new Error("no"); };', /the partitioner threw for a record of orders/],
  ['returns a text', 'export default () => "1";', /from 0 to 2, got string 1/],
  ['returns a fraction', 'export default () => 0.5;', /got number 0.5/],
  ['returns a promise', 'export default async () => 1;', /got object/],
  ['returns less than 0', 'export default () => -1;', /got number -1/],
])('a module that %s fails its record alone, with what was expected', async (_, source, message) => {
  const { producer, values } = await setup();
  const sender = producer({}, { choose: await moduleOf(source) });
  const { failures } = await sender.deliver([record('a', '1'), { ...record('a', '2'), partition: 0 }]);
  expect(failures).toMatchObject([
    { index: 0, error: { code: 'RT_PUBLISH_INVALID', message: expect.stringMatching(message) as unknown } },
  ]);
  expect(await values()).toEqual(['2']);
});

test.each([
  ['has no function', 'export default 7;', /expected a function \(record, partitionCount\) => number .* got number/],
  ['does not load', 'throw new Error("broken");', /cannot be loaded: broken/],
])('a module that %s is refused before anything connects', async (_, source, message) => {
  await expect(moduleOf(source)).rejects.toMatchObject({
    code: 'RT_HANDLER_LOAD',
    message: expect.stringMatching(message) as unknown,
  });
});
