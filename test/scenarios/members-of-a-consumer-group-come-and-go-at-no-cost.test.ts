// In a group of the consumer protocol members come, go and are restarted one after the other while records come and are
// committed one by one: none is handled twice, none is lost, each key keeps its order, and no commit is in vain.
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTestRuntime, type TestRecord, type TestRuntime } from '../../runtime/testing/index.ts';
import { type Target, targets } from '../peers/support/targets.ts';
import { mostAtOnce, scripted, told } from './support/calls.ts';
import { quick } from './support/quick.ts';

const partitions = 8;
const keys = 40;
const members = 4;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('up to four, restarted in turn, down to one', { timeout: 240_000 }, async ({ annotate }) => {
      const group = await startGroup(target);
      const { running } = group;
      const settled = (): Promise<void> =>
        group.until(() => running.every((rt) => owned(rt) > 0) && total(running.map(owned)) === partitions);

      const flood = group.flood();
      for (let count = 0; count < members; count++) {
        await group.add();
        await settled();
      }
      for (let restarted = 0; restarted < members; restarted++) {
        const stopped = running.shift()!.stop();
        await group.add();
        expect(await stopped).toEqual({ exitCode: 0, error: null });
        await settled();
      }
      while (running.length > 1) {
        expect(await running.shift()!.stop()).toEqual({ exitCode: 0, error: null });
        await settled();
      }
      await flood.stop();
      await group.until(() => group.done().size === group.published);
      expect(await running[0]!.stop()).toEqual({ exitCode: 0, error: null });

      const lines = told(...group.all);
      expect(lines.filter(({ what }) => what === 'began')).toHaveLength(group.published);
      for (let key = 0; key < keys; key++) {
        const calls = lines.filter((line) => line.key === `key ${key}`);
        expect(mostAtOnce(calls)).toBe(1);
        const offsets = calls.flatMap(({ what, offset }) => (what === 'began' ? offset : []));
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
      }
      expect(await group.committed()).toBe(group.published);
      const inVain = group.all.flatMap((rt) => rt.events('commit.failed')).filter(({ retryable }) => !retryable);
      expect(inVain).toEqual([]);
      expect(total(group.all.map((rt) => rt.events('partition.closed').filter(({ lost }) => lost).length))).toBe(0);
      const again = total(group.all.map((rt) => rt.count('commit.failed')));
      await annotate(`${group.published} records, 0 duplicates, ${again} commits sent again`);
    });
  });
}

function owned(rt: TestRuntime): number {
  return rt.count('partition.opened') - rt.count('partition.closed');
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

async function startGroup(target: Target) {
  const topic = await target.makeTopic('orders', partitions);
  target.owns(`${topic}.dlq`);
  const name = target.fresh('billing');
  const all: TestRuntime[] = [];
  const running: TestRuntime[] = [];
  let published = 0;
  const done = (): ReadonlySet<string> =>
    new Set(told(...all).flatMap((l) => (l.what === 'succeeded' ? `${l.partition}/${l.offset}` : [])));
  const until = (condition: () => boolean): Promise<void> => all[0]!.until(condition, 90_000);
  return {
    ...{ all, running, done, until },
    get published(): number {
      return published;
    },
    async add(): Promise<void> {
      const rt = await startTestRuntime(
        { onTestFinished },
        {
          brokers: target.addresses,
          group: {
            ...{ ...quick, name, topics: [topic], protocol: 'consumer', buffer: { maxRecords: 20 } },
            commit: { interval: '20ms', everyRecords: 1 },
          },
          handlers: scripted,
        },
      );
      all.push(rt);
      running.push(rt);
    },
    /** Publishes at the pace of handling until it is stopped. */
    flood() {
      let over = false;
      const work = (async () => {
        while (!over) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          if (all.length === 0 || published - done().size > 300) continue;
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
      const numbers = Array.from({ length: partitions }, (_, partition) => partition);
      return total(await Promise.all(numbers.map(async (p) => Number((await all[0]!.committed(name, topic, p)) ?? 0))));
    },
  };
}
