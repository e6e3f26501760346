// aiokafka: what eventsource-py speaks Kafka with.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ascending } from './support/ascending.ts';
import { runPeer } from './support/peer-process.ts';
import { pythonPeer } from './support/peers.ts';
import { targets } from './support/targets.ts';

const python = await pythonPeer();
const session = join(import.meta.dirname, 'python', 'aiokafka_session.py');

type Seen = readonly [partition: number, offset: number, key: string, value: string, headers: readonly unknown[]];

for (const target of await targets()) {
  describe.skipIf(python.missing)(`aiokafka on ${target.name}`, () => {
    target.use();

    async function run(command: string, topic: string, ...args: readonly string[]) {
      const all = [session, command, '--broker', target.brokers, '--topic', topic, ...args];
      return JSON.parse((await runPeer(python.path, all)).stdout);
    }

    // As texts, which can be sorted.
    const text = (key: string, value: string, headers: unknown) => JSON.stringify([key, value, headers]);
    const expected = (count: number, value: string) =>
      Array.from({ length: count }, (_, n) => {
        const headers = [
          ['n', String(n)],
          ['ä', ''],
        ];
        return text(`key-${n}`, `${value}-${n}`, headers);
      }).sort(ascending);
    const content = (seen: readonly Seen[]) =>
      seen.map(([, , key, value, headers]) => text(key, value, headers)).sort(ascending);

    // Other codecs need Python packages that aiokafka does not bring.
    test.each([
      ['plain', 'none', []],
      ['gzip', 'gzip', []],
      ['idempotent', 'gzip', ['--idempotent']],
    ])('a producer (%s) and a group', async (_name, codec, more) => {
      const topic = await target.makeTopic('aiokafka', 3);
      const sent = await run('produce', topic, '--records', '50', '--codec', codec, ...more);
      expect(sent).toEqual({ partitions: [0, 1, 2] });
      const group = ['--group', target.fresh('aiokafka-group'), '--partitions', '3'];
      const { seen } = await run('members', topic, '--records', '50', ...group);
      expect(content(seen.flat())).toEqual(expected(50, 'value'));
    });

    test('two members share the partitions, and the next one goes on where they committed', async () => {
      const topic = await target.makeTopic('aiokafka', 6);
      const group = ['--group', target.fresh('aiokafka-group'), '--partitions', '6'];
      await run('produce', topic, '--records', '200');
      const { assigned, seen } = await run('members', topic, '--members', '2', '--records', '200', ...group);
      expect(assigned.flat().sort(ascending)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(content(seen.flat())).toEqual(expected(200, 'value'));
      for (const [i, own] of seen.entries()) {
        expect(new Set(own.map(([partition]: Seen) => partition))).toEqual(new Set(assigned[i]));
      }
      await run('produce', topic, '--records', '20', '--value', 'second');
      const next = await run('members', topic, '--records', '20', ...group);
      expect(content(next.seen.flat())).toEqual(expected(20, 'second'));
    });

    test('a transaction is read when it is committed, with the offsets it carries, and never when it is aborted', async () => {
      const topic = await target.makeTopic('aiokafka', 1);
      expect(await run('transactions', topic, '--group', target.fresh('aiokafka-tx'))).toEqual({
        read_committed: ['committed'],
        read_uncommitted: ['aborted', 'committed'],
        offsets: [[topic, 0, 2]],
      });
    });

    test('admin makes, describes and deletes topics, and lists groups', async () => {
      const topic = await target.makeTopic('aiokafka', 1);
      const group = target.fresh('aiokafka-group');
      await run('produce', topic, '--records', '1');
      await run('members', topic, '--records', '1', '--group', group, '--partitions', '1');
      const made = target.fresh('aiokafka-admin');
      target.owns(made);
      expect(await run('admin', made, '--group', group)).toEqual({ partitions: [0, 1, 2], group_listed: true });
    });
  });
}
