// Apache Kafka's own console tools of version 4.3.0: the Java producer, consumer and admin client.
import { describe, expect, test } from 'vitest';
import { until } from '../../runtime/testing/until.ts';
import { type JavaTool, runJavaTool, startJavaTool } from '../../scripts/real/java-tools.ts';
import { ascending } from './support/ascending.ts';
import { PeerProcess } from './support/peer-process.ts';
import { javaPeer } from './support/peers.ts';
import { targets } from './support/targets.ts';

const java = await javaPeer();

/** A tool is a JVM: a second or two each, more on a busy machine. */
const slow = { timeout: 120_000 };

const keyed = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `key-${n}:${prefix}-${n}`);
const input = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const byKey = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'];
const withKey = ['--formatter-property', 'print.key=true', '--formatter-property', 'key.separator=:'];
const withPartition = ['--formatter-property', 'print.partition=true'];
const quick = ['--command-property', 'heartbeat.interval.ms=200', '--command-property', 'session.timeout.ms=6000'];

for (const target of await targets()) {
  describe.skipIf(java.missing)(`Java tools on ${target.name}`, slow, () => {
    target.use();

    async function run(tool: JavaTool, args: readonly string[], lines: readonly string[] = []): Promise<string> {
      const all = ['--bootstrap-server', target.brokers, ...args];
      const { code, stdout, stderr } = await runJavaTool(tool, all, { input: input(lines) });
      if (code !== 0) throw new Error(`${tool} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
      return stdout;
    }

    /** Reads until `count` records have come. */
    async function consume(topic: string, count: number, args: readonly string[]): Promise<readonly string[]> {
      const limits = ['--max-messages', String(count), '--timeout-ms', '30000'];
      return linesOf(await run('ConsoleConsumer', ['--topic', topic, '--from-beginning', ...limits, ...args]));
    }

    test('the producer and the consumer carry keys, values and headers with every codec', async () => {
      const topic = await target.makeTopic('java', 3);
      const headers = ['--reader-property', 'parse.headers=true', '--reader-property', 'headers.delimiter=|'];
      const expected: string[] = [];
      for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
        const records = keyed(10, `${codec} ${'long '.repeat(20)}`).map((record) => `n:${codec},trace:ä1|${record}`);
        await run('ConsoleProducer', ['--topic', topic, '--compression-codec', codec, ...headers, ...byKey], records);
        expected.push(...records);
      }
      const print = ['--formatter-property', 'print.headers=true', '--formatter-property', 'headers.separator=,'];
      const found = await consume(topic, expected.length, [...print, ...withKey]);
      // The formatter has one separator for header list, key and value.
      const wanted: string[] = expected.map((record) => record.replace('|', ':'));
      expect([...found].sort(ascending)).toEqual(wanted.sort(ascending));
    });

    test('two members share the partitions, and the next one goes on where they committed', async () => {
      const topic = await target.makeTopic('java', 4);
      const group = target.fresh('java-group');
      const member = ['--bootstrap-server', target.brokers, '--topic', topic, '--group', group, '--from-beginning'];
      const start = () => startJavaTool('ConsoleConsumer', [...member, ...quick, ...withPartition]);
      const members = (await Promise.all([start(), start()])).map((child) => new PeerProcess(child));
      const state = () => members.map(({ stderr }) => stderr);
      // An assignment is printed as `topic(0,1)` or `topic:0,1`, depending on the group's protocol.
      const assigned = async () => {
        const rows = await run('ConsumerGroupCommand', ['--describe', '--group', group, '--members', '--verbose']);
        return linesOf(rows).filter((row) => row.includes(`${topic}(`) || row.includes(`${topic}:`)).length;
      };
      await target.untilMembers(group, 2, state);
      expect(await assigned()).toBe(2);
      await run('ConsoleProducer', ['--topic', topic, ...byKey], keyed(100, 'first'));
      const seen = () => members.flatMap(({ stdout }) => stdout);
      await until(() => seen().length >= 100, { state: seen });
      for (const one of members) await one.stop();
      const values = seen().map((line) => line.split('\t')[1]!);
      expect(values.sort(ascending)).toEqual(keyed(100, 'first').map(valueIn).sort(ascending));
      const partitions = members.map(({ stdout }) => new Set(stdout.map((line) => line.split('\t')[0])));
      expect(partitions.map(({ size }) => size)).toEqual([2, 2]);

      await run('ConsoleProducer', ['--topic', topic, ...byKey], keyed(10, 'second'));
      const next = await consume(topic, 10, ['--group', group]);
      expect([...next].sort(ascending)).toEqual(keyed(10, 'second').map(valueIn).sort(ascending));
    });

    test('topics are made, changed, described and deleted', async () => {
      const topic = target.fresh('java-admin');
      target.owns(topic);
      const ofTopic = ['--topic', topic];
      const config = ['--entity-type', 'topics', '--entity-name', topic];
      const configs = ['--config', 'retention.ms=600000', '--config', 'segment.ms=500000'];
      await run('TopicCommand', ['--create', ...ofTopic, '--partitions', '2', ...configs]);
      await run('TopicCommand', ['--alter', ...ofTopic, '--partitions', '3']);
      const change = ['--add-config', 'retention.ms=700000', '--delete-config', 'segment.ms'];
      await run('ConfigCommand', ['--alter', ...config, ...change]);
      const found = await run('ConfigCommand', ['--describe', ...config]);
      expect(found).toContain('retention.ms=700000');
      expect(found).not.toContain('segment.ms');
      const described = await run('TopicCommand', ['--describe', ...ofTopic]);
      expect(described).toMatch(/PartitionCount: 3\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=700000/);
      expect(described.match(/Partition: \d+\s+Leader: 1\s+Replicas: 1\s+Isr: 1/g)).toHaveLength(3);
      await run('TopicCommand', ['--delete', ...ofTopic]);
      expect(linesOf(await run('TopicCommand', ['--list']))).not.toContain(topic);
    });

    test('groups are listed and described, their offsets reset and deleted', async () => {
      const topic = await target.makeTopic('java', 1);
      const group = target.fresh('java-group');
      const ofGroup = ['--group', group];
      await run('ConsoleProducer', ['--topic', topic, ...byKey], keyed(8, 'value'));
      expect(linesOf(await run('GetOffsetShell', ['--topic', topic]))).toEqual([`${topic}:0:8`]);
      await consume(topic, 5, ofGroup);
      expect(await run('ConsumerGroupCommand', ['--list', '--state'])).toMatch(new RegExp(`^${group}\\s+Empty`, 'm'));
      expect(await offsetsOf(group)).toEqual([{ partition: 0, committed: 5, end: 8, lag: 3 }]);
      const reset = ['--reset-offsets', '--topic', topic, '--execute', '--shift-by', '-3'];
      await run('ConsumerGroupCommand', [...ofGroup, ...reset]);
      expect(await consume(topic, 6, ofGroup)).toEqual(keyed(8, 'value').slice(2).map(valueIn));
      await run('ConsumerGroupCommand', [...ofGroup, '--delete-offsets', '--topic', topic]);
      expect(await offsetsOf(group)).toEqual([]);
    });

    test('a group is deleted', async () => {
      const topic = await target.makeTopic('java', 1);
      const group = target.fresh('java-group');
      const reset = ['--reset-offsets', '--topic', topic, '--execute', '--to-latest'];
      await run('ConsumerGroupCommand', ['--group', group, ...reset]);
      expect(await run('ConsumerGroupCommand', ['--group', group, '--delete'])).toContain('was successful');
      expect(linesOf(await run('ConsumerGroupCommand', ['--list']))).not.toContain(group);
    });

    test('a static member with cooperative assignment reads committed records of a transactional producer', async () => {
      const topic = await target.makeTopic('java', 2);
      const transaction = ['--transactional-id', target.fresh('java-tx'), '--transaction-duration-ms', '100'];
      const load = ['--num-records', '200', '--throughput', '-1', '--payload-monotonic'];
      await run('ProducerPerformance', ['--topic', topic, ...load, ...transaction]);
      const assignor = 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor';
      const found = await consume(topic, 200, [
        ...['--group', target.fresh('java-group'), '--isolation-level', 'read_committed'],
        ...['--command-property', 'group.instance.id=static-1'],
        ...['--command-property', `partition.assignment.strategy=${assignor}`],
      ]);
      expect(found.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    });

    async function offsetsOf(group: string) {
      const rows = await run('ConsumerGroupCommand', ['--describe', '--group', group, '--offsets']);
      return linesOf(rows)
        .map((row) => row.split(/\s+/))
        .filter(([name, , partition]) => name === group && /^\d+$/.test(partition ?? ''))
        .map((cells) => ({
          partition: Number(cells[2]),
          committed: Number(cells[3]),
          end: Number(cells[4]),
          lag: Number(cells[5]),
        }));
    }
  });
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function valueIn(record: string): string {
  return record.slice(record.indexOf(':') + 1);
}
