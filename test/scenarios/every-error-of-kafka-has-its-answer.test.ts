// One fault at a time, everywhere that Kafka can refuse or a connection can break: the group goes on by itself, every
// record is handled and committed, and a rebalance happens only where the membership was lost.
// Row S-47.
import { expect, test } from 'vitest';
import type { ControlAction } from '../../runtime/broker/controls.ts';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { embedded } from './support/embedded.ts';
import { joinsOf, type protocols } from './support/membership.ts';
import { quick } from './support/quick.ts';

interface Fault {
  /** Of the group; `auto` when missing. */
  readonly protocol?: (typeof protocols)[number];
  readonly api: string;
  readonly name: string;
  readonly actions: readonly ControlAction[];
  /** The membership is gone, so it joins again; a record that was not committed yet may be handled again. */
  readonly joinsAgain?: boolean;
  /** Somebody else coordinates the group now, so it asks who. */
  readonly asksWho?: boolean;
}

const error = (code: number): ControlAction => ({ kind: 'error', code });
const close: ControlAction = { kind: 'close' };
const loseAnswer: ControlAction = { kind: 'loseAnswer' };
/** A member that the broker only seemed to have forgotten is waited for: this long. */
const timeouts = { heartbeat: '100ms', session: '6s', rebalance: '1s' };
const coordinatorCodes = [
  [14, 'COORDINATOR_LOAD_IN_PROGRESS'],
  [15, 'COORDINATOR_NOT_AVAILABLE'],
  [16, 'NOT_COORDINATOR'],
] as const;

function coordinatorFaults(api: string): readonly Fault[] {
  return coordinatorCodes.map(([code, name]) => ({ api, name, actions: [error(code)], asksWho: code !== 14 }));
}

function inGroupsOf(protocol: (typeof protocols)[number], faults: readonly Fault[]): readonly Fault[] {
  return faults.map((fault) => ({ ...fault, protocol }));
}

const classicAtStart: readonly Fault[] = [
  ...coordinatorFaults('JoinGroup'),
  { api: 'JoinGroup', name: 'UNKNOWN_MEMBER_ID', actions: [{ kind: 'pass' }, error(25)] },
  { api: 'JoinGroup', name: 'REBALANCE_IN_PROGRESS', actions: [error(27)] },
  { api: 'JoinGroup', name: 'connection closed', actions: [close, close] },
  { api: 'JoinGroup', name: 'answer lost', actions: [loseAnswer] },
  ...coordinatorFaults('SyncGroup'),
  { api: 'SyncGroup', name: 'ILLEGAL_GENERATION', actions: [error(22)] },
  { api: 'SyncGroup', name: 'UNKNOWN_MEMBER_ID', actions: [error(25)] },
  { api: 'SyncGroup', name: 'REBALANCE_IN_PROGRESS', actions: [error(27)] },
  { api: 'SyncGroup', name: 'answer lost', actions: [loseAnswer] },
];

const consumerAtStart: readonly Fault[] = [
  ...coordinatorFaults('ConsumerGroupHeartbeat'),
  { api: 'ConsumerGroupHeartbeat', name: 'UNKNOWN_MEMBER_ID', actions: [error(25)] },
  { api: 'ConsumerGroupHeartbeat', name: 'GROUP_MAX_SIZE_REACHED', actions: [error(81)] },
  { api: 'ConsumerGroupHeartbeat', name: 'connection closed', actions: [close, close] },
  { api: 'ConsumerGroupHeartbeat', name: 'answer lost', actions: [loseAnswer] },
];

const classicWhileRunning: readonly Fault[] = [
  ...coordinatorFaults('Heartbeat'),
  { api: 'Heartbeat', name: 'REBALANCE_IN_PROGRESS', actions: [error(27)], joinsAgain: true },
  { api: 'Heartbeat', name: 'ILLEGAL_GENERATION', actions: [error(22)], joinsAgain: true },
  { api: 'Heartbeat', name: 'UNKNOWN_MEMBER_ID', actions: [error(25)], joinsAgain: true },
  { api: 'Heartbeat', name: 'connection closed', actions: [close, close] },
  { api: 'OffsetCommit', name: 'REBALANCE_IN_PROGRESS once', actions: [error(27)] },
  { api: 'OffsetCommit', name: 'REBALANCE_IN_PROGRESS twice', actions: [error(27), error(27)], joinsAgain: true },
  { api: 'OffsetCommit', name: 'ILLEGAL_GENERATION', actions: [error(22)], joinsAgain: true },
  { api: 'OffsetCommit', name: 'UNKNOWN_MEMBER_ID', actions: [error(25)], joinsAgain: true },
];

const consumerWhileRunning: readonly Fault[] = [
  ...coordinatorFaults('ConsumerGroupHeartbeat'),
  { api: 'ConsumerGroupHeartbeat', name: 'FENCED_MEMBER_EPOCH', actions: [error(110)], joinsAgain: true },
  { api: 'ConsumerGroupHeartbeat', name: 'UNKNOWN_MEMBER_ID', actions: [error(25)], joinsAgain: true },
  { api: 'ConsumerGroupHeartbeat', name: 'GROUP_ID_NOT_FOUND', actions: [error(69)], joinsAgain: true },
  { api: 'ConsumerGroupHeartbeat', name: 'connection closed', actions: [close, close] },
  { api: 'ConsumerGroupHeartbeat', name: 'answer lost', actions: [loseAnswer, loseAnswer] },
  { api: 'OffsetCommit', name: 'STALE_MEMBER_EPOCH', actions: [error(113), error(113)] },
  { api: 'OffsetCommit', name: 'UNKNOWN_MEMBER_ID', actions: [error(25)], joinsAgain: true },
];

/** Before the group has joined. */
const atStart: readonly Fault[] = [
  ...inGroupsOf('classic', classicAtStart),
  ...inGroupsOf('consumer', consumerAtStart),
  { api: 'ApiVersions', name: 'connection closed', actions: [close, close] },
  ...coordinatorFaults('FindCoordinator').slice(0, 2),
  ...coordinatorFaults('OffsetFetch'),
  { api: 'OffsetFetch', name: 'connection closed', actions: [close] },
  { api: 'ListOffsets', name: 'NOT_LEADER_OR_FOLLOWER', actions: [error(6)] },
  { api: 'ListOffsets', name: 'connection closed', actions: [close] },
  { api: 'Metadata', name: 'connection closed', actions: [close, close] },
];

const whileRunning: readonly Fault[] = [
  ...inGroupsOf('classic', classicWhileRunning),
  ...inGroupsOf('consumer', consumerWhileRunning),
  ...coordinatorFaults('OffsetCommit'),
  { api: 'OffsetCommit', name: 'connection closed', actions: [close] },
  { api: 'OffsetCommit', name: 'answer lost', actions: [loseAnswer] },
  { api: 'Fetch', name: 'NOT_LEADER_OR_FOLLOWER', actions: [error(6), error(6)] },
  { api: 'Fetch', name: 'UNKNOWN_TOPIC_OR_PARTITION', actions: [error(3)] },
  { api: 'Fetch', name: 'UNKNOWN_SERVER_ERROR', actions: [error(-1)] },
  { api: 'Fetch', name: 'CORRUPT_MESSAGE once', actions: [error(2)] },
  { api: 'Fetch', name: 'connection closed', actions: [close, close] },
  { api: 'Fetch', name: 'answer lost', actions: [loseAnswer] },
];

for (const fault of [
  ...atStart.map((fault) => ({ ...fault, when: 'at the start' })),
  ...whileRunning.map((fault) => ({ ...fault, when: 'while it runs' })),
]) {
  test(`${fault.api} ${fault.when}: ${fault.name} (${fault.protocol ?? 'auto'})`, async (t) => {
    const { api, actions, joinsAgain = false, asksWho = false, protocol = 'auto' } = fault;
    const broker = await embedded(t);
    const { control } = broker;
    const admin = new TestKafka([broker.address]);
    t.onTestFinished(() => admin.close());
    await admin.createTopics({ orders: { partitions: 1 }, 'orders.dlq': { partitions: 1 } });
    const strike = () => control.next(api, ...actions);
    if (fault.when === 'at the start') strike();

    const handled: string[] = [];
    const rt = await startTestRuntime(t, {
      brokers: [broker.address],
      group: { ...quick, name: 'billing', protocol, topics: ['orders'], concurrency: {}, timeouts },
      handler: (event) => void handled.push(event.key!),
    });
    await admin.publish('orders', [['first', {}]]);
    await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 1n);
    // A member that keeps what it has says nothing of a new round.
    const joinsSoFar = () => joinsOf(rt) + control.served('JoinGroup');
    const joins = joinsSoFar();
    const before = control.served(api);
    const asked = control.served('FindCoordinator');
    if (fault.when === 'while it runs') {
      strike();
      await admin.publish('orders', [['second', {}]]);
      await rt.until(() => control.served(api) > before + actions.length);
      if (asksWho) await rt.until(() => control.served('FindCoordinator') > asked);
      if (joinsAgain) await rt.until(() => joinsSoFar() > joins);
    } else {
      await admin.publish('orders', [['second', {}]]);
    }
    await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 2n);

    if (joinsAgain) expect([...new Set(handled)]).toEqual(['first', 'second']);
    else expect(handled).toEqual(['first', 'second']);
    expect(joinsSoFar() > joins).toBe(joinsAgain);
    expect(rt.count('group.failed') + rt.count('partition.stopped')).toBe(0);
    expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
  });
}
