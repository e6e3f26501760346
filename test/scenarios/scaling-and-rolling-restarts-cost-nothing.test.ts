// Members join, leave and are restarted one after the other while records come: none is handled twice, none is lost, and
// each key keeps its order. Dynamic members and static ones.
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTestRuntime, type TestContext, type TestRecord, type TestRuntime } from '../../runtime/testing/index.ts';
import { type Target, targets } from '../peers/support/targets.ts';
import { mostAtOnce, scripted, told } from './support/calls.ts';
import { quick } from './support/quick.ts';

const partitions = 8;
const keys = 40;
const members = 4;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test.each([
      ['dynamic members', () => 'none'],
      ['static members', (index: number) => `pod-${index}`],
    ] as const)('%s: up to four, restarted in turn, down to one', { timeout: 180_000 }, async (_who, idOf) => {
      const group = await startGroup(target, idOf);
      const running: TestRuntime[] = [];
      const owned = (rt: TestRuntime): number => rt.count('partition.opened') - rt.count('partition.closed');
      /** Records come while it waits until these members share all partitions. */
      const settled = async (): Promise<void> => {
        const { stop } = group.flood();
        await group.first.until(
          () => running.every((rt) => owned(rt) > 0) && running.reduce((sum, rt) => sum + owned(rt), 0) === partitions,
          60_000,
        );
        await stop();
      };

      for (let index = 0; index < members; index++) {
        running.push(await group.start(index));
        await settled();
      }
      for (let index = 0; index < members; index++) {
        const { stop } = group.flood();
        expect(await running[index]!.stop()).toEqual({ exitCode: 0, error: null });
        running[index] = await group.start(index);
        await stop();
        await settled();
      }
      for (let left = members - 1; left > 0; left--) {
        expect(await running.pop()!.stop()).toEqual({ exitCode: 0, error: null });
        if (idOf(left) === 'none') await settled();
      }
      const { first, all } = group;
      // The partitions of a static member that does not come back are idle until its session is over.
      await first.until(() => ended(all).length >= group.published, 60_000);
      await running[0]!.stop();

      const lines = told(...all);
      expect(lines.filter(({ what }) => what === 'began')).toHaveLength(group.published);
      expect(new Set(ended(all)).size).toBe(group.published);
      for (let key = 0; key < keys; key++) {
        const calls = lines.filter((line) => line.key === `key ${key}`);
        expect(mostAtOnce(calls)).toBe(1);
        const offsets = calls.flatMap(({ what, offset }) => (what === 'began' ? offset : []));
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
      }
      expect(await group.committed()).toBe(group.published);
    });
  });
}

function ended(runtimes: readonly TestRuntime[]): readonly string[] {
  return told(...runtimes).flatMap(({ what, partition, offset }) =>
    what === 'succeeded' ? `${partition}/${offset}` : [],
  );
}

async function startGroup(target: Target, idOf: (index: number) => string) {
  const topic = await target.makeTopic('orders', partitions);
  target.owns(`${topic}.dlq`);
  const name = target.fresh('billing');
  const all: TestRuntime[] = [];
  let published = 0;
  const t: TestContext = { onTestFinished };
  return {
    all,
    get first(): TestRuntime {
      return all[0]!;
    },
    get published(): number {
      return published;
    },
    async start(index: number): Promise<TestRuntime> {
      const rt = await startTestRuntime(t, {
        brokers: target.addresses,
        group: {
          ...quick,
          protocol: 'classic',
          name,
          topics: [topic],
          staticMembership: idOf(index),
          buffer: { maxRecords: 20 },
        },
        handlers: scripted,
      });
      all.push(rt);
      return rt;
    },
    /** Publishes at the pace of handling until it is stopped. */
    flood() {
      let over = false;
      const backlogMax = 400;
      const work = (async () => {
        while (!over) {
          await all[0]!.until(() => over || published - ended(all).length < backlogMax, 60_000);
          const records = Array.from({ length: keys }, (_, key): TestRecord => [`key ${key}`, { takesMs: 5 }]);
          await all[0]!.publish(topic, records);
          published += records.length;
        }
      })();
      return {
        async stop(): Promise<void> {
          over = true;
          await work;
        },
      };
    },
    async committed(): Promise<number> {
      const offsets = Array.from({ length: partitions }, (_, p) => all[0]!.committed(name, topic, p));
      return (await Promise.all(offsets)).reduce((sum, offset) => sum + Number(offset ?? 0), 0);
    },
  };
}
