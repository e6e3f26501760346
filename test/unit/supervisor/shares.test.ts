import { expect, test } from 'vitest';
import { BytesPool } from '../../../runtime/core/bytes-pool.ts';
import { ProgressPool } from '../../../runtime/core/progress.ts';
import type { RecordSet } from '../../../runtime/core/record-set.ts';
import { Shares } from '../../../runtime/supervisor/shares.ts';

const place = { topic: 'orders', partition: 0 };
const pool = new ProgressPool();

function setOf(firstOffset: number, lastOffset: number, epoch = 1): RecordSet {
  const bytes = new Uint8Array([1, 2, 3, 4]).buffer;
  const deltas = lastOffset - firstOffset + 1;
  const progress = pool.take(deltas);
  return { ...place, id: 1, epoch, firstOffset, lastOffset, bytes, byteLength: 3, recordCount: deltas, progress };
}

function split(count: number): Shares {
  const shares = new Shares(count, pool, new BytesPool());
  shares.open(place, 1, 0);
  return shares;
}

/** Which share gets which offsets, under which epoch. */
function dealt(sets: readonly RecordSet[]) {
  return sets.map(({ share, firstOffset, lastOffset, epoch }) => [share, firstOffset, lastOffset, epoch]);
}

test('what is not split is passed on as it is', () => {
  const set = setOf(0, 9);
  expect(split(1).deal(set)[0]).toBe(set);
});

test('every share gets the bytes, in memory of its own, with progress and a number of its own', () => {
  const set = setOf(0, 9);
  const sets = split(3).deal(set);
  expect(dealt(sets)).toEqual([
    [0, 0, 9, 1],
    [1, 0, 9, 1],
    [2, 0, 9, 1],
  ]);
  for (const { bytes, byteLength } of sets) expect([...new Uint8Array(bytes, 0, byteLength)]).toEqual([1, 2, 3]);
  expect(new Set(sets.map(({ bytes }) => bytes)).size).toBe(3);
  expect(new Set(sets.map(({ progress }) => progress.memory)).size).toBe(3);
  expect(new Set(sets.map(({ id }) => id)).size).toBe(3);
  for (const { progress } of sets) expect([progress.deltas, progress.readPrefix()]).toEqual([10, 0]);
});

test('a share that is read again gets what it lacks, the others only what is new, each under its own epoch', () => {
  const shares = split(2);
  shares.deal(setOf(0, 19));
  shares.rewind({ ...place, share: 1 }, 13);
  expect(shares.position(place)).toBe(13);
  shares.reopen({ ...place, share: 1 }, 2);
  expect(dealt(shares.deal(setOf(13, 16, 2)))).toEqual([[1, 13, 16, 2]]);
  // Cut otherwise than the first time.
  expect(dealt(shares.deal(setOf(17, 24, 2)))).toEqual([
    [0, 20, 24, 1],
    [1, 17, 24, 2],
  ]);
  expect(dealt(shares.deal(setOf(25, 29, 2)))).toEqual([
    [0, 25, 29, 1],
    [1, 25, 29, 2],
  ]);
});

test('a second death while a share is read again takes nothing from it', () => {
  const shares = split(2);
  shares.deal(setOf(0, 19));
  shares.rewind({ ...place, share: 1 }, 5);
  shares.reopen({ ...place, share: 1 }, 2);
  shares.deal(setOf(5, 9, 2));
  shares.rewind({ ...place, share: 0 }, 18);
  expect(shares.position(place)).toBe(10);
});

test('what was fetched before the partition was read again, or given up, is dropped', () => {
  const shares = split(2);
  shares.rewind({ ...place, share: 1 }, 0);
  shares.reopen({ ...place, share: 1 }, 2);
  expect(shares.deal(setOf(0, 9, 1))).toEqual([]);
  shares.forget([place]);
  expect(shares.deal(setOf(0, 9, 2))).toEqual([]);
});
