// In a group of the consumer protocol a rebalance stops only what moves: while a partition that is to go to somebody else
// waits for its last record, the partitions that stay are read, handled and committed as if nothing were.
import { describe, expect, test } from 'vitest';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { scripted, told } from './support/calls.ts';
import { gate } from './support/gate.ts';
import { quick } from './support/quick.ts';

const partitions = 6;
const keys = 60; // enough for every partition to have some

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('what stays does not wait for what goes', async (t) => {
      const topic = await target.makeTopic('orders', partitions);
      target.owns(`${topic}.dlq`);
      const name = target.fresh('billing');
      const member = {
        brokers: target.addresses,
        group: { ...quick, name, topics: [topic], protocol: 'consumer', concurrency: { workers: 2, max: 200 } },
        handlers: scripted,
      };
      const records = (prefix: string, script: object): TestRecord[] =>
        Array.from({ length: keys }, (_, key): TestRecord => [`${prefix} ${key}`, script]);
      const done = (prefix: string, ...of: readonly (typeof first)[]) =>
        told(...of).filter(({ what, key }) => what === 'succeeded' && key?.startsWith(prefix));
      const partitionsOf = (lines: readonly { readonly partition: number }[]): readonly number[] =>
        [...new Set(lines.map(({ partition }) => partition))].sort();

      const held = gate(t);
      const first = await startTestRuntime(t, member);
      await first.publish(topic, records('held', { waitsFor: held.path }));
      await first.until(() => told(first).filter(({ what }) => what === 'began').length === keys);

      const second = await startTestRuntime(t, member);
      // Asked to give up its half, the first one finishes what it has of it, which does not end.
      await first.until(() => first.count('partition.draining') === partitions / 2);
      await first.publish(topic, records('new', {}));
      const ends = Map.groupBy(await first.read(topic), ({ partition }) => partition);
      const goes = partitionsOf(first.events('partition.draining'));
      const stays = Array.from({ length: partitions }, (_, partition) => partition).filter((p) => !goes.includes(p));
      await first.until(() => done('new', first).length === newIn(stays));
      expect(partitionsOf(done('new', first))).toEqual(stays);
      expect(second.count('partition.opened')).toBe(0);
      expect(first.count('partition.closed')).toBe(0);

      held.open();
      await first.until(() => done('', first, second).length === 2 * keys);
      await second.until(() => second.count('partition.opened') === partitions / 2);
      expect(partitionsOf(first.events('partition.closed'))).toEqual(goes);
      expect(partitionsOf(second.events('partition.opened'))).toEqual(goes);
      expect(told(first, second).filter(({ what }) => what === 'began')).toHaveLength(2 * keys);
      expect(first.events('partition.opened')).toHaveLength(partitions);
      for (const rt of [first, second]) expect(await rt.stop()).toEqual({ exitCode: 0, error: null });

      function newIn(of: readonly number[]): number {
        return of.reduce((sum, partition) => {
          const there = ends.get(partition) ?? [];
          return sum + there.filter(({ key }) => key?.toString().startsWith('new')).length;
        }, 0);
      }
    });
  });
}
