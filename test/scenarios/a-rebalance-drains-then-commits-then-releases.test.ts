// When a member joins or leaves, what is running is finished and committed before its partition goes to somebody else:
// no record runs twice, and each key keeps its order.
// Row S-51.
import { describe, expect, test } from 'vitest';
import { startTestRuntime, type TestRecord, type TestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { mostAtOnce, scripted, told } from './support/calls.ts';
import { protocols } from './support/membership.ts';
import { quick } from './support/quick.ts';

const partitions = 6;
const keys = 24;
const recordsPerKey = 25;
const half = (keys * recordsPerKey) / 2;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test.for(protocols)('a rebalance drains, then commits, then releases, protocol %s', async (protocol, t) => {
      const topic = target.fresh('orders');
      target.owns(topic, `${topic}.dlq`);
      const name = target.fresh('billing');
      const member = {
        brokers: target.addresses,
        // Nothing is committed but what a rebalance or a stop commits.
        group: {
          ...quick,
          name,
          protocol,
          topics: [topic],
          buffer: { maxRecords: 20 },
          commit: { interval: '10m', everyRecords: 1_000_000 },
        },
        handlers: scripted,
      };
      const first = await startTestRuntime(t, { ...member, topics: { [topic]: { partitions } } });
      const records = Array.from({ length: recordsPerKey }, () =>
        Array.from({ length: keys }, (_, key): TestRecord => [`key ${key}`, { takesMs: 5 }]),
      ).flat();
      await first.publish(topic, records.slice(0, half));
      await first.until(() => succeeded(first).length > half / 4);

      // In the middle of the work.
      const second = await startTestRuntime(t, member);
      await second.until(() => second.count('partition.opened') > 0);
      await first.publish(topic, records.slice(half));
      await second.until(() => succeeded(second).length > 20, 60_000);
      expect(await first.stop()).toEqual({ exitCode: 0, error: null });
      await second.until(() => succeeded(first, second).length >= records.length, 60_000);
      expect(await second.stop()).toEqual({ exitCode: 0, error: null });

      expect(first.count('partition.closed')).toBeGreaterThanOrEqual(partitions);
      const lines = told(first, second);
      expect(new Set(succeeded(first, second)).size).toBe(records.length);
      expect(succeeded(first, second)).toHaveLength(records.length);
      expect(lines.filter(({ what }) => what === 'began')).toHaveLength(records.length);
      for (let key = 0; key < keys; key++) {
        const calls = lines.filter((line) => line.key === `key ${key}`);
        expect(mostAtOnce(calls)).toBe(1);
        const offsets = calls.flatMap(({ what, offset }) => (what === 'began' ? offset : []));
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
      }
      let committed = 0;
      for (let partition = 0; partition < partitions; partition++) {
        committed += Number((await first.kafka.committed(name, topic, partition)) ?? 0);
      }
      expect(committed).toBe(records.length);
    });
  });
}

function succeeded(...runtimes: readonly TestRuntime[]): readonly string[] {
  return told(...runtimes).flatMap(({ what, partition, offset }) =>
    what === 'succeeded' ? `${partition}/${offset}` : [],
  );
}
