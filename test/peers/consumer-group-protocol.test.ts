// What a broker answers in groups of the consumer protocol (KIP-848), request by request: the embedded one as Apache
// Kafka 4.3.0. And Apache Kafka's own consumer in such a group.
import { describe, expect, onTestFinished, test } from 'vitest';
import { zeroUuid } from '../../runtime/protocol/codec.ts';
import { consumerGroupDescribe } from '../../runtime/protocol/consumer-group-describe.ts';
import { consumerGroupHeartbeat } from '../../runtime/protocol/consumer-group-heartbeat.ts';
import { describeGroups } from '../../runtime/protocol/describe-groups.ts';
import { listGroups } from '../../runtime/protocol/list-groups.ts';
import { offsetCommit } from '../../runtime/protocol/offset-commit.ts';
import { offsetFetch } from '../../runtime/protocol/offset-fetch.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { until } from '../../runtime/testing/until.ts';
import { runJavaTool, startJavaTool } from '../../scripts/real/java-tools.ts';
import { ascending } from './support/ascending.ts';
import { PeerProcess } from './support/peer-process.ts';
import { javaPeer } from './support/peers.ts';
import { type Target, targets } from './support/targets.ts';

const java = await javaPeer();

const nothing = {
  ...{ memberId: 'A', memberEpoch: 0, instanceId: null, rackId: null, rebalanceTimeoutMs: -1 },
  ...{ subscribedTopics: null, subscribedRegex: null, assignor: null, owned: null },
} as const;

type Beat = Partial<Parameters<typeof consumerGroupHeartbeat.writeRequest>[0]>;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test.each<readonly [string, Beat, number, string]>([
      ['no member id', { memberId: '' }, 42, "MemberId can't be empty."],
      ['no group id', { groupId: '' }, 42, "GroupId can't be empty."],
      ['an empty instance id', { instanceId: '' }, 42, "InstanceId can't be empty."],
      ['an empty rack', { rackId: '' }, 42, "RackId can't be empty."],
      [
        'joins without a timeout',
        { rebalanceTimeoutMs: -1 },
        42,
        'RebalanceTimeoutMs must be provided in first request.',
      ],
      ['joins with partitions', { owned: null }, 42, 'TopicPartitions must be empty when (re-)joining.'],
      [
        'joins without a subscription',
        { subscribedTopics: null },
        42,
        'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
      ],
      ['static leave without an instance id', { memberEpoch: -2 }, 42, "InstanceId can't be null."],
      ['an epoch that means nothing', { memberEpoch: -3 }, 42, 'MemberEpoch is invalid.'],
      ['an unknown assignor', { assignor: 'nope' }, 112, 'ServerAssignor nope is not supported.'],
      [
        'a broken expression',
        { subscribedRegex: '[' },
        128,
        'SubscribedTopicRegex `[` is not a valid regular expression',
      ],
      ['a group that is not there', { memberEpoch: 3 }, 69, 'Consumer group GROUP not found.'],
      ['leaves a group that is not there', { memberEpoch: -1 }, 69, 'Group GROUP not found.'],
    ])('%s is refused', async (_what, changes, errorCode, message) => {
      const group = await open(target);
      const joining = { ...nothing, rebalanceTimeoutMs: 30_000, subscribedTopics: ['t'], owned: [] };
      const answer = await group.send({ ...joining, ...changes });
      expect(answer).toMatchObject({ errorCode, memberId: null, memberEpoch: 0, assignment: null });
      expect(answer.errorMessage?.replace(group.name, 'GROUP')).toContain(message);
    });

    test('two members, from the first heartbeat to the last', async () => {
      const group = await open(target);
      const { beat, own } = group;
      const [all, half] = ['0,1,2,3', '0,1'];
      expect(await group.join('A')).toBe(`2: ${all}`);
      expect(await beat('A', 2, own(0, 1, 2, 3))).toBe('2: -');
      expect(await group.join('A')).toBe(`2: ${all}`);
      expect(await group.describe()).toMatchObject({ state: 'Stable', groupEpoch: 2, assignmentEpoch: 2 });
      expect(await beat('A', 7)).toBe(110);
      expect(await beat('Z', 2)).toBe(25);
      expect([await group.commit('A', 2), await group.commit('A', 1), await group.commit('A', 3)]).toEqual([
        0, 113, 113,
      ]);
      expect([await group.commit('Z', 2), await group.commit('', -1)]).toEqual([25, 25]);
      expect([await group.fetch('A', 2), await group.fetch('A', 1), await group.fetch('Z', 2)]).toEqual([0, 113, 25]);
      expect(await group.fetch(null, -1)).toBe(0);

      const joined = await group.join('B');
      expect(joined).toMatch(/^[23]: $/); // Apache Kafka deals a second later
      let epochOfB = Number(joined[0]);
      const changed = async (id: string, epoch: number): Promise<string> => {
        let answer: string | number = '';
        await until(async () => {
          answer = await beat(id, epoch);
          return answer !== `${epoch}: -`;
        });
        return answer;
      };
      expect(await changed('A', 2)).toBe(`2: ${half}`);
      expect(await beat('A', 2)).toBe('2: -');
      expect(await beat('A', 2, own(0, 1, 2, 3))).toBe('2: -');
      expect(await group.commit('A', 2, 3)).toBe(0);
      expect(await group.describe()).toMatchObject({ state: 'Reconciling', groupEpoch: 3, assignmentEpoch: 3 });
      expect(await beat('A', 2, own(0, 1))).toBe('3: -');
      // Its answer may have been lost.
      expect(await beat('A', 2)).toBe(110);
      expect(await beat('A', 2, own(0, 1, 2))).toBe(110);
      expect(await beat('A', 2, own(0, 1))).toBe('3: -');
      expect([await group.commit('A', 2, 1), await group.commit('A', 2, 2), await group.commit('A', 3, 2)]).toEqual([
        ...[0, 113, 0],
      ]);
      let given = await changed('B', epochOfB);
      epochOfB = Number(given[0]);
      if (given === '3: ') given = await changed('B', 3);
      expect(given).toBe('3: 2,3');
      const stable = await group.describe();
      expect(stable).toMatchObject({ state: 'Stable', assignor: 'uniform' });
      expect(
        stable.members.map(({ memberId, memberEpoch, memberType }) => [memberId, memberEpoch, memberType]),
      ).toEqual([
        ['A', 3, 1],
        ['B', 3, 1],
      ]);

      expect(await group.asClassic()).toMatchObject({ errorCode: 69, state: 'Dead' });
      expect(await group.listed()).toEqual({ protocolType: 'consumer', state: 'Stable', type: 'consumer' });
      expect(await beat('B', -1)).toBe('-1: -');
      expect(await beat('A', -1)).toBe('-1: -');
      expect(await group.describe()).toMatchObject({ state: 'Empty', members: [] });
      expect([await beat('A', 3), await group.commit('', -1), await group.fetch(null, -1)]).toEqual([25, 0, 0]);
    });

    describe.skipIf(java.missing)('Java consumer', { timeout: 120_000 }, () => {
      test('two members share the partitions, and the next one goes on where they committed', async () => {
        const topic = await target.makeTopic('java', 4);
        const group = target.fresh('java-group');
        const run = async (tool: 'ConsoleProducer' | 'ConsumerGroupCommand', args: readonly string[], input = '') => {
          const { code, stdout, stderr } = await runJavaTool(tool, ['--bootstrap-server', target.brokers, ...args], {
            input,
          });
          if (code !== 0) throw new Error(`${tool} ended with ${code}:\n${stdout}\n${stderr}`);
          return stdout;
        };
        const consumer = [
          ...['--bootstrap-server', target.brokers, '--topic', topic, '--group', group, '--from-beginning'],
          ...['--command-property', 'group.protocol=consumer', '--formatter-property', 'print.partition=true'],
        ];
        const members = (await Promise.all([1, 2].map(() => startJavaTool('ConsoleConsumer', consumer)))).map(
          (child) => new PeerProcess(child),
        );
        const state = () => members.map(({ stderr }) => stderr);
        const kafka = await open(target, group);
        await until(
          async () => {
            const found = await kafka.describe();
            const sharing = found.members.filter(({ assignment }) => assignment.topics.length === 1);
            return found.state === 'Stable' && sharing.length === members.length;
          },
          { withinMs: 60_000, state },
        );
        const lines = Array.from({ length: 100 }, (_, n) => `k${n}:v${n}`);
        const keyed = ['--topic', topic, '--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'];
        await run('ConsoleProducer', keyed, lines.map((line) => `${line}\n`).join(''));
        const seen = () => members.flatMap(({ stdout }) => stdout);
        await until(() => seen().length >= 100, { withinMs: 60_000, state: () => [seen().length, state()] });
        expect(await run('ConsumerGroupCommand', ['--describe', '--group', group, '--members', '--verbose'])).toContain(
          topic,
        );
        for (const one of members) await one.stop();
        const values = seen().map((line) => line.split('\t')[1]!);
        expect(values.sort(ascending)).toEqual(lines.map((line) => line.split(':')[1]!).sort(ascending));
        const partitions = members.map(({ stdout }) => new Set(stdout.map((line) => line.split('\t')[0])));
        expect(partitions.map(({ size }) => size)).toEqual([2, 2]);

        await run('ConsoleProducer', keyed, 'k:last\n');
        const limits = ['--max-messages', '1', '--timeout-ms', '60000'];
        const next = await runJavaTool('ConsoleConsumer', [...consumer, ...limits]);
        expect(next.stdout).toContain('last');
      });
    });
  });
}

/** A group with a topic of four partitions, and what is asked of the broker about it. */
async function open(target: Target, name = target.fresh('group')) {
  const kafka = new TestKafka(target.addresses);
  onTestFinished(() => kafka.close());
  const topic = await target.makeTopic('orders', 4);
  await kafka.cluster.refresh([topic]);
  const { topicId } = kafka.cluster.topic(topic);
  const coordinator = await coordinatorOf(kafka, name);
  const send = (request: Beat) =>
    kafka.client.send(coordinator, 'group', consumerGroupHeartbeat, { ...nothing, groupId: name, ...request });
  /** @returns `epoch: partitions`, with `-` for an assignment as before, or the error code */
  const told = async (request: Beat): Promise<string | number> => {
    const { errorCode, memberEpoch, assignment } = await send(request);
    if (errorCode !== 0) return errorCode;
    const partitions = assignment?.topics.flatMap((of) => [...of.partitions].sort()).join();
    return `${memberEpoch}: ${partitions ?? '-'}`;
  };
  const own = (...partitions: readonly number[]) => [{ topicId, partitions }];
  return {
    ...{ name, send, own },
    beat: (memberId: string, memberEpoch: number, owned: Beat['owned'] = null) =>
      told({ memberId, memberEpoch, owned }),
    join: async (memberId: string) =>
      String(await told({ memberId, rebalanceTimeoutMs: 30_000, subscribedTopics: [topic], owned: [] })),
    async describe() {
      const request = { groupIds: [name], includeOperations: false };
      return (await kafka.client.send(coordinator, 'group', consumerGroupDescribe, request)).groups[0]!;
    },
    async commit(memberId: string, generation: number, partition = 0): Promise<number> {
      const partitions = [{ partition, offset: 5, leaderEpoch: -1, metadata: null }];
      const topics = [{ name: topic, topicId: zeroUuid, partitions }];
      const request = { groupId: name, generation, memberId, instanceId: null, retentionTimeMs: -1, topics };
      const answer = await kafka.client.send(coordinator, 'group', offsetCommit, request, { maxVersion: 9 });
      return answer.topics[0]!.partitions[0]!.errorCode;
    },
    async fetch(memberId: string | null, memberEpoch: number): Promise<number> {
      const topics = [{ name: topic, topicId: zeroUuid, partitions: [0] }];
      const groups = [{ groupId: name, memberId, memberEpoch, topics }];
      const request = { groupId: name, topics, groups, requireStable: true };
      const answer = await kafka.client.send(coordinator, 'group', offsetFetch, request, { maxVersion: 9 });
      return answer.groups[0]!.errorCode;
    },
    async asClassic() {
      const request = { groupIds: [name], includeOperations: false };
      return (await kafka.client.send(coordinator, 'group', describeGroups, request)).groups[0]!;
    },
    async listed() {
      const { groups } = await kafka.client.send(coordinator, 'group', listGroups, { states: [], types: ['consumer'] });
      const { groupId: _, ...found } = groups.find(({ groupId }) => groupId === name)!;
      return found;
    },
  };
}

/** Apache Kafka makes its topic of offsets when the first group is looked for. */
async function coordinatorOf(kafka: TestKafka, group: string) {
  let found: Awaited<ReturnType<typeof kafka.cluster.coordinatorOf>> | null = null;
  await until(async () => {
    found = await kafka.cluster.coordinatorOf(group).catch(() => null);
    return found !== null;
  });
  return found!;
}
