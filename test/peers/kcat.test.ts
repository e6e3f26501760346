// kcat (librdkafka) as producer and in consumer groups.
import { describe, expect, test } from 'vitest';
import { until } from '../../runtime/testing/until.ts';
import { ascending } from './support/ascending.ts';
import { runPeer, startPeer } from './support/peer-process.ts';
import { kcatPeer } from './support/peers.ts';
import { targets } from './support/targets.ts';

const kcat = await kcatPeer();

// Of both: the broker's initial delay of a group is 0, so members find each other by a heartbeat.
const quick = ['-X', 'heartbeat.interval.ms=200', '-X', 'session.timeout.ms=6000'];
const fromStart = ['-X', 'auto.offset.reset=earliest'];

const lines = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `key-${n}:${prefix}-${n}`);
const input = (records: readonly string[]) => records.map((record) => `${record}\n`).join('');

for (const target of await targets()) {
  describe.skipIf(kcat.missing)(`kcat on ${target.name}`, () => {
    target.use();
    const run = (args: readonly string[], text = '') => runPeer(kcat.path, ['-b', target.brokers, ...args], text);
    const read = async (args: readonly string[]) => (await run(args)).stdout.split('\n').filter((line) => line !== '');

    // Long and repetitive: librdkafka sends a batch plain when it does not get smaller.
    test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
      'carries keys, values and headers with codec %s',
      async (codec) => {
        const topic = await target.makeTopic('kcat', 3);
        const records = lines(30, 'long '.repeat(40));
        await run(['-P', '-t', topic, '-K', ':', '-z', codec, '-H', 'trace=ä1', '-H', 'empty='], input(records));
        const found = await read(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', '%k:%s|%h\\n']);
        expect(found.sort(ascending)).toEqual(records.map((record) => `${record}|trace=ä1,empty=`).sort(ascending));
      },
    );

    test('describes its topic and finds its offsets', async () => {
      const topic = await target.makeTopic('kcat', 2);
      await run(['-P', '-t', topic, '-p', '1', '-X', 'enable.idempotence=true'], 'a\nb\nc\n');
      const { stdout } = await run(['-L', '-J', '-t', topic]);
      const { topics } = JSON.parse(stdout);
      expect(topics).toMatchObject([{ topic, partitions: [{ partition: 0 }, { partition: 1 }] }]);
      expect(await read(['-Q', '-t', `${topic}:1:-1`])).toEqual([`${topic} [1] offset 3`]);
      expect(await read(['-Q', '-t', `${topic}:1:-2`])).toEqual([`${topic} [1] offset 0`]);
    });

    test('shows a transaction to a reader of committed records when it is committed', async () => {
      const topic = await target.makeTopic('kcat', 1);
      const id = target.fresh('kcat-tx');
      await run(['-P', '-t', topic, '-X', `transactional.id=${id}`], 'a\nb\n');
      const committed = ['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-X', 'isolation.level=read_committed'];
      expect(await read(committed)).toEqual(['a', 'b']);
    });

    test('two members share the partitions, and the next one goes on where they committed', async () => {
      const topic = await target.makeTopic('kcat', 6);
      const group = target.fresh('kcat-group');
      const member = ['-b', target.brokers, '-G', group, ...quick, ...fromStart, '-u', '-f', '%p %o %s\\n', topic];
      const members = [startPeer(kcat.path, member), startPeer(kcat.path, member)];
      const assigned = () => members.map(({ stderr }) => stderr.findLast((line) => line.includes('assigned')) ?? '');
      const shared = () => assigned().every((line) => line.split(`${topic} [`).length - 1 === 3);
      await until(shared, { state: () => members.map(({ stderr }) => stderr) });

      await run(['-P', '-t', topic, '-K', ':'], input(lines(200, 'first')));
      const seen = () => members.flatMap(({ stdout }) => stdout);
      await until(() => seen().length >= 200, { state: () => seen().length });
      for (const one of members) expect(await one.stop()).toMatchObject({ code: 0 });
      expect(
        seen()
          .map((line) => line.split(' ')[2]!)
          .sort(ascending),
      ).toEqual(lines(200, 'first').map(valueIn).sort(ascending));
      const partitions = members.map(({ stdout }) => new Set(stdout.map((line) => line.split(' ')[0])));
      expect(partitions[0]!.isDisjointFrom(partitions[1]!)).toBe(true);

      await run(['-P', '-t', topic, '-K', ':'], input(lines(20, 'second')));
      const next = await read(['-G', group, ...quick, ...fromStart, '-e', '-q', '-f', '%s\\n', topic]);
      expect(next.sort(ascending)).toEqual(lines(20, 'second').map(valueIn).sort(ascending));
    });
  });
}

function valueIn(record: string): string {
  return record.slice(record.indexOf(':') + 1);
}
