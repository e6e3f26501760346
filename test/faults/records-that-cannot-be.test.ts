// Rows B5, B8 and B12: record batches that break the format stop their own partition with a message that says what and
// where, after a third look and never more than one per second; a batch that is merely cut, or larger than what was asked
// for, is read on. All partitions are on one connection, and those that are fine go on.
import { expect, test } from 'vitest';
import { crc32c } from '../../runtime/protocol/records/crc32c.ts';
import { embeddedTarget } from './support/embedded-target.ts';
import { startScene } from './support/scene.ts';

/** What Fetch answers hold instead of the batch of one record that was produced; positions as in the wire notes. */
const breaks: readonly { what: string; at: number; bytes: readonly number[]; reason: RegExp }[] = [
  { what: 'B5: a negative batch length', at: 8, bytes: [0xff, 0xff, 0xff, 0xff], reason: /batch of -1 bytes/ },
  { what: 'B5: 2^31-1 records', at: 57, bytes: [0x7f, 0xff, 0xff, 0xff], reason: /batch at offset 0|record/ },
  { what: 'B5: a negative record length', at: 61, bytes: [1], reason: /batch at offset 0/ },
  { what: 'B5: a record longer than its batch', at: 61, bytes: [0x7e], reason: /batch at offset 0/ },
  { what: 'B8: a codec that nobody knows', at: 21, bytes: [0, 5], reason: /codec|compression/ },
  { what: 'B8: the last codec that there could be', at: 21, bytes: [0, 7], reason: /codec|compression/ },
];

test('B5, B8: each stops its own partition, and says why', async (t) => {
  const partitions = breaks.length + 1;
  const scene = await startScene(t, await embeddedTarget(t), { partitions });
  const { rt, frames, kafka, topic } = scene;
  const fetches = new Map<number, number>();
  frames.always('Fetch', {
    kind: 'change',
    change: (answer: FetchAnswer) => ({
      ...answer,
      topics: answer.topics.map((one) => ({
        ...one,
        partitions: one.partitions.map((of) => {
          const broken = breaks[of.partition];
          if (broken === undefined || !of.records?.length) return of;
          fetches.set(of.partition, (fetches.get(of.partition) ?? 0) + 1);
          return { ...of, records: patched(of.records, broken.at, broken.bytes) };
        }),
      })),
    }),
  });
  const headers = [['sequence', Buffer.from('0')] as const, ['poison', Buffer.from('no')] as const];
  for (let partition = 0; partition < partitions; partition++) {
    await kafka.publish(topic, [{ partition, key: Buffer.from(`${partition}`), value: null, headers }]);
  }
  await rt.until(() => rt.count('partition.stopped') === breaks.length);
  await rt.until(() => rt.events('offsets.committed').some(({ offsets }) => offsets[0]?.partition === breaks.length));
  const stopped = rt.events('partition.stopped').toSorted((a, b) => a.partition - b.partition);
  expect(stopped.map(({ partition, offset }) => [partition, offset])).toEqual(breaks.map((_, i) => [i, 0]));
  for (const [i, { what, reason }] of breaks.entries()) expect(stopped[i]!.reason, what).toMatch(reason);
  expect([...fetches.values()]).toEqual(breaks.map(() => 3));
  expect(scene.load.handled).toBe(1);
  expect(rt.count('group.failed') + rt.count('thread.died')).toBe(0);
  expect((await rt.stop()).exitCode).toBe(0);
});

test('B5: a last batch that is cut comes again', async (t) => {
  const { frames, load, finished, rt } = await startScene(t, await embeddedTarget(t), { partitions: 1 });
  let cut = 0;
  frames.always('Fetch', {
    kind: 'change',
    change: (answer: FetchAnswer) => {
      const records = answer.topics[0]?.partitions[0]?.records;
      if (!records?.length || cut > 3) return answer;
      cut++;
      const [one] = answer.topics;
      return {
        ...answer,
        topics: [{ ...one, partitions: [{ ...one!.partitions[0], records: records.subarray(0, -5) }] }],
      };
    },
  });
  for (let i = 0; i < 5; i++) await load.publish(10);
  await finished();
  expect(cut).toBeGreaterThan(0);
  expect(await load.broken()).toEqual([]);
  expect(rt.count('partition.stopped')).toBe(0);
});

test('B12: a record larger than a fetch may bring is brought all the same', async (t) => {
  const group = { batch: { maxBytes: '64KiB', maxWait: '50ms' } };
  const { kafka, load, topic, rt } = await startScene(t, await embeddedTarget(t), { partitions: 1, group });
  const headers = [['sequence', Buffer.from('0')] as const, ['poison', Buffer.from('no')] as const];
  await kafka.publish(topic, [{ key: Buffer.from('large'), value: Buffer.from(`"${'x'.repeat(900_000)}"`), headers }]);
  await kafka.publish(topic, [{ key: Buffer.from('small'), value: null, headers }]);
  await rt.until(() => load.handled === 2);
});

interface FetchAnswer {
  readonly topics: readonly {
    readonly partitions: readonly { readonly partition: number; readonly records: Buffer | null }[];
  }[];
}

/** A copy with other bytes at that place, and the checksum that fits them. */
function patched(records: Buffer, at: number, bytes: readonly number[]): Buffer {
  const batch = Buffer.from(records);
  batch.set(bytes, at);
  batch.writeUInt32BE(crc32c(batch.subarray(21)) >>> 0, 17);
  return batch;
}
