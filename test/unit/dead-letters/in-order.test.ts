// A partition is read in either order, completely, whatever its gaps, within the bytes it may keep.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countRecords } from '../../../runtime/dead-letters/count.ts';
import { newestFirst, oldestFirst } from '../../../runtime/dead-letters/in-order.ts';
import { merge } from '../../../runtime/dead-letters/merge.ts';
import { NewestRecords } from '../../../runtime/dead-letters/newest-records.ts';
import { all, fakeReader, record } from './support.ts';

const partition = { topic: 'orders.stream.dlq', partition: 0 };

/** A log of batches with gaps inside and between them, some without any record, and where it begins. */
const log = fc
  .record({
    batches: fc.array(
      fc.record({
        gap: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(20_000)),
        present: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
        valueBytes: fc.nat(300),
      }),
      { maxLength: 12 },
    ),
    startsInside: fc.nat(60),
  })
  .map(({ batches, startsInside }) => {
    let offset = 0;
    const written = batches.map(({ gap, present, valueBytes }) => {
      const base = offset + gap;
      offset = base + present.length;
      const records = present.flatMap((there, i) =>
        there ? [record({ offset: base + i, value: Buffer.alloc(valueBytes) })] : [],
      );
      return { base, last: offset - 1, records };
    });
    const extent = { begin: Math.min(startsInside, offset), end: offset };
    const offsets = written.flatMap(({ records }) => records.map((one) => one.offset)).filter((o) => o >= extent.begin);
    return { written, extent, offsets };
  });

test('every record once, oldest first and newest first, and as many are counted', async () => {
  await fc.assert(
    fc.asyncProperty(log, fc.integer({ min: 1, max: 5_000 }), async ({ written, extent, offsets }, maxBytes) => {
      const { reader } = fakeReader(written, extent);
      const oldest = await all(oldestFirst(reader, partition, extent, { maxBytes }));
      expect(oldest.map(({ offset }) => offset)).toEqual(offsets);
      const newest = await all(newestFirst(reader, partition, extent, { maxBytes }));
      expect(newest.map(({ offset }) => offset)).toEqual(offsets.toReversed());
      const count = await countRecords(reader, 'orders.stream.dlq', [partition], { maxBytes });
      expect(count).toMatchObject({ records: offsets.length, exact: true });
    }),
  );
});

test('the newest ones of a long topic cost one look at its end', async () => {
  const batches = Array.from({ length: 10_000 }, (_, n) => ({ records: [record({ offset: n })] }));
  const { reader, reads } = fakeReader(batches, { begin: 0, end: 10_000 });
  const newest = newestFirst(reader, partition, { begin: 0, end: 10_000 }, { maxBytes: 1 << 20 });
  for (const offset of [9_999, 9_998, 9_997]) expect((await newest.next()).value?.offset).toBe(offset);
  expect(reads).toEqual([{ begin: 9_936, end: 10_000 }]);
});

test('a stretch without records is crossed in few looks', async () => {
  const extent = { begin: 0, end: 100_000_000 };
  const { reader, reads } = fakeReader([{ records: [record({ offset: 3 })] }], extent);
  expect(await all(newestFirst(reader, partition, extent, { maxBytes: 1 << 20 }))).toHaveLength(1);
  expect(reads.length).toBeLessThan(30);
});

test('what is kept of many records stays within its bytes, and one record is kept whatever its size', () => {
  const kept = new NewestRecords(10_000);
  for (let offset = 0; offset < 1_000; offset++) kept.push(record({ offset, value: Buffer.alloc(1_000) }));
  expect([...kept.backward()].map(({ offset }) => offset)).toEqual([999, 998, 997, 996, 995, 994, 993, 992]);
  expect(kept).toMatchObject({ count: 8, incomplete: true, oldest: { offset: 992 } });
  kept.push(record({ offset: 1_000, value: Buffer.alloc(1_000_000) }));
  expect([...kept.backward()].map(({ offset }) => offset)).toEqual([1_000]);
});

test('from the offsets alone, a count says that there may be fewer', async () => {
  const { reader, reads } = fakeReader([{ records: [record({ offset: 12 })] }], { begin: 10, end: 20 });
  expect(await countRecords(reader, 'orders.stream.dlq', [partition], { maxBytes: 1, exact: false })).toEqual({
    topic: 'orders.stream.dlq',
    records: 10,
    exact: false,
    partitions: [{ partition: 0, records: 10, begin: 10n, end: 20n }],
  });
  expect(reads).toEqual([]);
});

test('streams in order make one in order, and whoever stops early closes them', async () => {
  const closed: number[] = [];
  async function* stream(id: number, items: readonly number[]) {
    try {
      yield* items;
    } finally {
      closed.push(id);
    }
  }
  const before = (a: number, b: number) => a < b;
  expect(await all(merge([stream(0, [1, 4, 4]), stream(1, []), stream(2, [2, 3, 9])], before))).toEqual([
    1, 2, 3, 4, 4, 9,
  ]);
  closed.length = 0;
  for await (const item of merge([stream(0, [1, 4]), stream(1, [2])], before)) if (item === 1) break;
  expect(closed.sort()).toEqual([0, 1]);
});
