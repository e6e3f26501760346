// A static member that stops and is back within its session has its partitions as before, and nobody else notices. Two
// processes under one id are a mistake: the first one ends and says so.
import { describe, expect, test } from 'vitest';
import { startTestRuntime, type TestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { scripted, told } from './support/calls.ts';
import { quick } from './support/quick.ts';

const partitions = 6;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('restarts of a leader and of another member; then a second process under one id', async (t) => {
      const topic = await target.makeTopic('orders', partitions);
      target.owns(`${topic}.dlq`);
      const name = target.fresh('billing');
      // Longer than a test takes: whoever is away keeps its place.
      const timeouts = { ...quick.timeouts, session: '60s', rebalance: '60s' };
      const start = (id: string) =>
        startTestRuntime(t, {
          brokers: target.addresses,
          group: { ...quick, protocol: 'classic', timeouts, name, topics: [topic], staticMembership: id },
          handlers: scripted,
        });
      const members = new Map<string, TestRuntime>();
      for (const id of ['pod-0', 'pod-1', 'pod-2']) members.set(id, await start(id));
      const all = (): TestRuntime[] => [...members.values()];
      const first = members.get('pod-0')!;
      await first.until(() => all().every((rt) => ownedBy(rt).length === partitions / 3), 60_000);

      for (const id of ['pod-1', 'pod-0']) {
        const before = ownedBy(members.get(id)!);
        const others = all().filter((rt) => rt !== members.get(id));
        const seen = others.map(rebalances);
        expect(await members.get(id)!.stop()).toEqual({ exitCode: 0, error: null });
        const restarted = await start(id);
        members.set(id, restarted);
        await restarted.until(() => ownedBy(restarted).length === before.length);
        expect(ownedBy(restarted)).toEqual(before);
        // A rebalance would be told to them with the next heartbeats.
        const beats = others.map((rt) => rt.count('loop.answered'));
        await restarted.until(() => others.every((rt, i) => rt.count('loop.answered') > beats[i]! + 20));
        expect(others.map(rebalances)).toEqual(seen);
      }

      const records = Array.from({ length: 30 }, (_, key) => [`key ${key}`, {}] as const);
      await first.kafka.publish(topic, records);
      await first.until(() => told(...all()).filter(({ what }) => what === 'succeeded').length === records.length);

      const doubled = members.get('pod-2')!;
      const intruder = await start('pod-2');
      const end = await doubled.runtime.done;
      expect(end.exitCode).toBe(3);
      expect((end.error as Error).message).toMatch(
        /as pod-2 was refused with FENCED_INSTANCE_ID .*another process has joined/,
      );
      await intruder.until(() => ownedBy(intruder).length === partitions / 3);
    });
  });
}

function ownedBy(rt: TestRuntime): readonly number[] {
  const owned = new Set<number>();
  for (const { partition } of rt.events('partition.opened')) owned.add(partition);
  for (const { partition } of rt.events('partition.closed')) owned.delete(partition);
  return [...owned].sort();
}

/** How often it has taken part in one. */
function rebalances(rt: TestRuntime): number {
  return rt.events('group.state').filter(({ state }) => state === 'joined').length;
}
