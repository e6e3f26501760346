// Foreign clients in one group with ours: the group agrees on what all of them speak, every record is read by one of
// them, and what they leave behind is taken over where they committed.
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { startJavaTool } from '../../scripts/real/java-tools.ts';
import { scripted, told } from '../scenarios/support/calls.ts';
import { quick } from '../scenarios/support/quick.ts';
import { ascending } from './support/ascending.ts';
import { PeerProcess, startPeer } from './support/peer-process.ts';
import { javaPeer, kcatPeer } from './support/peers.ts';
import { targets } from './support/targets.ts';

const [kcat, java] = [await kcatPeer(), await javaPeer()];
const partitions = 6;
const keys = 40;
const cooperativeJava = 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor';

/** Starts a member of `group` that prints the key of each record as a line. */
type Start = (brokers: string, group: string, topic: string) => Promise<PeerProcess>;

const startKcat =
  (strategy: string): Start =>
  async (brokers, group, topic) =>
    startPeer(kcat.path, [
      ...['-b', brokers, '-G', group, '-u', '-q', '-f', '%k\\n'],
      ...['-X', `partition.assignment.strategy=${strategy}`, '-X', 'auto.offset.reset=earliest'],
      ...['-X', 'heartbeat.interval.ms=200', '-X', 'session.timeout.ms=6000', topic],
    ]);

const startJava: Start = async (brokers, group, topic) => {
  const properties = ['heartbeat.interval.ms=200', `partition.assignment.strategy=${cooperativeJava}`];
  const args = [
    ...['--bootstrap-server', brokers, '--group', group, '--topic', topic, '--from-beginning'],
    ...['--formatter-property', 'print.key=true', '--formatter-property', 'print.value=false'],
    ...properties.flatMap((property) => ['--command-property', property]),
  ];
  return new PeerProcess(await startJavaTool('ConsoleConsumer', args));
};

const peers = [
  { name: 'kcat with cooperative-sticky', missing: kcat.missing, start: startKcat('cooperative-sticky'), keeps: true },
  { name: 'kcat with roundrobin', missing: kcat.missing, start: startKcat('roundrobin'), keeps: false },
  { name: 'Java with CooperativeStickyAssignor', missing: java.missing, start: startJava, keeps: true },
];
/** Whoever comes first leads: both sides have to read what the other one says of itself, and deal for it. */
const cases = peers
  .filter(({ missing }) => !missing)
  .flatMap((peer) => [
    { ...peer, leader: 'ours' },
    { ...peer, leader: 'theirs' },
  ]);

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test.each(cases)('$name, led by $leader', { timeout: 120_000 }, async ({ start, keeps, leader }) => {
      const topic = await target.makeTopic('orders', partitions);
      target.owns(`${topic}.dlq`);
      const name = target.fresh('mixed');
      const group = { ...quick, protocol: 'classic', name, topics: [topic] };
      const theirs = leader === 'theirs' ? await start(target.brokers, name, topic) : null;
      if (theirs !== null) await target.untilMembers(name, 1, () => theirs.stderr);
      const rt = await startTestRuntime({ onTestFinished }, { brokers: target.addresses, group, handlers: scripted });
      const owned = () => rt.count('partition.opened') - rt.count('partition.closed');
      if (theirs === null) await rt.until(() => owned() === partitions);

      const peer = theirs ?? (await start(target.brokers, name, topic));
      const state = () => ({ owned: owned(), stdout: peer.stdout.length, stderr: peer.stderr });
      await rt
        .until(() => owned() === partitions / 2, 60_000)
        .catch((error: Error) => {
          throw new Error(`${error.message}\n${JSON.stringify(state())}`);
        });
      const ours = () => told(rt).flatMap(({ what, key }) => (what === 'succeeded' ? [key!] : []));
      const publish = async (prefix: string): Promise<readonly string[]> => {
        const names = Array.from({ length: keys }, (_, key) => `${prefix} ${key}`);
        await rt.publish(
          topic,
          names.map((key): TestRecord => [key, {}]),
        );
        return names;
      };
      const first = await publish('first');
      await rt.until(() => ours().length + peer.stdout.length === keys, 60_000);
      expect([...ours(), ...peer.stdout].sort(ascending)).toEqual(first.toSorted(ascending));
      expect(peer.stdout.length).toBeGreaterThan(0);
      expect(ours().length).toBeGreaterThan(0);
      // By cooperative-sticky each partition that it keeps was opened once; by roundrobin all were given up.
      const before = leader === 'ours' ? partitions : 0;
      expect(rt.count('partition.closed')).toBe(keeps ? before / 2 : before);

      await peer.stop();
      await rt.until(() => owned() === partitions, 60_000);
      const handled = ours().length;
      const second = await publish('second');
      await rt.until(() => ours().length - handled === keys, 60_000);
      expect(ours().slice(handled).sort(ascending)).toEqual(second.toSorted(ascending));
    });
  });
}
