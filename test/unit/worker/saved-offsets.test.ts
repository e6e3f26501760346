// The module of `offsets`: what it has to export, and what it may answer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadSavedOffsets } from '../../../runtime/worker/saved-offsets.ts';

const place = { topic: 'orders', partition: 3 };

function module(source: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'offsets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'offsets.mjs'), source);
  return join(folder, 'offsets.mjs');
}

test.each([
  ['5', 5],
  ['5n', 5],
  ['null', null],
  ['Promise.resolve(0)', 0],
])('load() may answer %s', async (answer, offset) => {
  const find = await loadSavedOffsets(module(`export const load = () => ${answer};`), 'g');
  expect(await find(place)).toBe(offset);
});

test.each(['-1', '1.5', '"5"', 'undefined', '2n ** 60n'])('load() may not answer %s', async (answer) => {
  const find = await loadSavedOffsets(module(`export const load = () => ${answer};`), 'g');
  await expect(find(place)).rejects.toThrow(/load\(\) gave .*; expected the next offset to read/);
});

test('it is told the group and the partition', async () => {
  const find = await loadSavedOffsets(
    module('export const load = (of) => { throw new Error(JSON.stringify(of)) };'),
    'g',
  );
  await expect(find(place)).rejects.toThrow('{"group":"g","topic":"orders","partition":3}');
});

test('a module without load() is none', async () => {
  await expect(loadSavedOffsets(module('export default 1;'), 'g')).rejects.toThrow(/expected the export load/);
});
