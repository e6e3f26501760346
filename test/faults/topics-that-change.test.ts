// Topics that grow, lose their records, or are deleted and made anew under a group that reads them: new partitions are read
// from their beginning, positions that are gone follow `from`, and an offset of a topic that is gone is not used in the one
// that has its name now.
import { describe, expect, test } from 'vitest';
import { type Scene, startScene } from './support/scene.ts';
import { addPartitions, deleteBelow, makeAnew } from './support/topic-changes.ts';
import { wireTarget } from './support/wire-target.ts';

const target = await wireTarget();
const headers = [['sequence', Buffer.from('0')] as const, ['poison', Buffer.from('no')] as const];

describe(target.name, () => {
  target.use();

  test.for(['earliest', 'latest'])('partitions are added while records flow, from: %s', async (from, t) => {
    const { rt, load, kafka, topic, group, frames } = await startScene(t, target, { group: { from } });
    await load.publish(40);
    await addPartitions(kafka, topic, 4);
    // Before the group knows of them; with `latest` they are not passed over either.
    for (const partition of [2, 3]) await write(partition, { kafka, topic }, 1);
    // Topics are looked at once a minute, or when a leader has moved.
    frames.next('Fetch', { kind: 'error', code: 6 });
    await rt.until(() => new Set(rt.events('partition.opened').map(({ partition }) => partition)).size === 4);
    await rt.until(() => load.handled === 42);
    for (const partition of [0, 1, 2, 3]) await write(partition, { kafka, topic }, 1);
    await rt.until(() => load.handled === 46);
    for (const partition of [2, 3]) {
      await rt.until(async () => (await kafka.committed(group, topic, partition)) === 2n);
    }
    expect(rt.count('group.failed')).toBe(0);
  });

  test('partitions are added, and whoever gets them was started afterwards, from: latest', async (t) => {
    const { rt, load, kafka, topic, group, again } = await startScene(t, target, { group: { from: 'latest' } });
    await load.publish(10);
    await rt.until(() => load.handled === 10);
    await rt.stop();
    await addPartitions(kafka, topic, 4);
    for (const partition of [0, 1, 2, 3]) await write(partition, { kafka, topic }, 1);
    const successor = await again({});
    await successor.until(() => load.handled === 14);
    for (const partition of [2, 3]) {
      await successor.until(async () => (await kafka.committed(group, topic, partition)) === 1n);
    }
  });

  for (const { from, to, handled } of [
    { from: 'earliest', to: 0, handled: 10 + 12 + 1 },
    { from: 'latest', to: 12, handled: 10 + 1 },
    { from: 'fail', to: null, handled: 10 },
  ]) {
    test(`a topic is deleted and made anew, from: ${from}`, async (t) => {
      const scene = await reader(t, from);
      await unseen(scene, async () => {
        await makeAnew(scene.kafka, scene.topic);
        // More than the old one had: its offset would be in the middle of these.
        await write(0, scene, 12);
      });
      const { rt, kafka, topic, group, load } = scene;
      if (to === null) return expectMissing(scene, handled);
      // Its reader finds out, or its group is told first, or both; it is opened anew.
      const given = () => rt.events('partition.opened').slice(1);
      await rt.until(() => given().length > 0);
      expect(rt.count('partition.replaced') + rt.count('partition.closed')).toBeGreaterThan(0);
      for (const replaced of rt.events('partition.replaced')) {
        expect(replaced).toMatchObject({ topic, partition: 0, from: 10, to });
      }
      expect(given()[0]).toMatchObject({ topic, partition: 0, offset: to });
      await write(0, scene, 1);
      await rt.until(async () => (await kafka.committed(group, topic, 0)) === 13n);
      expect(load.done).toBe(handled);
      expect(rt.count('partition.outOfRange') + rt.count('group.failed')).toBe(0);
    });
  }

  for (const { from, to, handled } of [
    { from: 'earliest', to: 18, handled: 10 + 2 + 1 },
    { from: 'latest', to: 20, handled: 10 + 1 },
    { from: 'fail', to: null, handled: 10 },
  ]) {
    test(`what was to be read next is deleted, from: ${from}`, async (t) => {
      const scene = await reader(t, from);
      await unseen(scene, async () => {
        await write(0, scene, 10);
        await deleteBelow(scene.kafka, scene.topic, 18);
      });
      const { rt, kafka, topic, group, load } = scene;
      if (to === null) return expectMissing(scene, handled);
      await rt.until(() => rt.count('partition.outOfRange') === 1);
      expect(rt.events('partition.outOfRange')).toMatchObject([{ topic, partition: 0, from: 10, to }]);
      await write(0, scene, 1);
      await rt.until(async () => (await kafka.committed(group, topic, 0)) === 21n);
      expect(load.done).toBe(handled);
      expect(rt.count('partition.replaced') + rt.count('group.failed')).toBe(0);
    });
  }
});

/** One partition, ten records of which are handled and committed. */
async function reader(t: Parameters<typeof startScene>[0], from: string): Promise<Scene> {
  const scene = await startScene(t, target, { partitions: 1, group: { from: from === 'fail' ? 'earliest' : from } });
  const { rt, kafka, group, topic } = scene;
  await rt.until(() => rt.count('partition.opened') === 1);
  await write(0, scene, 10);
  await rt.until(async () => (await kafka.committed(group, topic, 0)) === 10n);
  if (from !== 'fail') return scene;
  // With `fail` a group needs an offset to begin with, so another member has made it.
  await rt.stop();
  const strict = await scene.again({ from });
  await strict.until(() => strict.count('partition.opened') === 1);
  return { ...scene, rt: strict };
}

/** Does what the runtime cannot see meanwhile: it has to find out from what it gets afterwards. */
async function unseen({ network }: Scene, change: () => Promise<void>): Promise<void> {
  network.hold(true);
  network.cut(); // what the broker has sent already is not to arrive later
  await change();
  network.hold(false);
}

async function expectMissing({ rt, load }: Scene, handled: number): Promise<void> {
  const { exitCode, error } = await rt.runtime.done;
  expect({ exitCode, error }).toMatchObject({ exitCode: 3, error: { code: 'RT_OFFSET_MISSING' } });
  expect(load.done).toBe(handled);
}

async function write(
  partition: number,
  { kafka, topic }: Pick<Scene, 'kafka' | 'topic'>,
  count: number,
): Promise<void> {
  const record = { partition, key: Buffer.from('key'), value: null, headers };
  await kafka.publish(
    topic,
    Array.from({ length: count }, () => record),
  );
}
