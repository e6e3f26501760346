/** A member of a classic group against a scripted coordinator, in manual time. */
import { ClassicMembership } from '../../../../runtime/consumer/classic-membership.ts';
import { Coordinator } from '../../../../runtime/consumer/coordinator.ts';
import { seededRandom } from '../../../../runtime/core/random.ts';
import { partitionKey, type TopicPartition } from '../../../../runtime/core/record-set.ts';
import { Cluster } from '../../../../runtime/kafka/cluster.ts';
import { zeroUuid } from '../../../../runtime/protocol/codec.ts';
import { writeAssignment, writeSubscription } from '../../../../runtime/protocol/consumer-protocol.ts';
import { findCoordinator } from '../../../../runtime/protocol/find-coordinator.ts';
import { heartbeat } from '../../../../runtime/protocol/heartbeat.ts';
import { joinGroup } from '../../../../runtime/protocol/join-group.ts';
import { leaveGroup } from '../../../../runtime/protocol/leave-group.ts';
import { metadata } from '../../../../runtime/protocol/metadata.ts';
import { syncGroup } from '../../../../runtime/protocol/sync-group.ts';
import { ManualClock } from '../../../../runtime/testing/manual-clock.ts';
import { groupSettings } from './group-settings.ts';
import { ScriptedClient } from './scripted-client.ts';

const node = { nodeId: 1, host: 'b', port: 1 };
export const timeouts = { sessionMs: 10_000, heartbeatMs: 3000, rebalanceMs: 60_000 };

/** A group of one member with one topic of two partitions, until the test says otherwise. */
export function scene(instanceId?: string) {
  const clock = new ManualClock();
  const client = new ScriptedClient();
  const cluster = new Cluster({ client, clock, random: seededRandom(1) });
  const story: string[] = [];
  const names = (partitions: readonly TopicPartition[]): string => partitions.map(partitionKey).join(' ');
  /** Resolves the drain that is under way. */
  let drained = Promise.withResolvers<boolean>();
  const state = { partitionCount: 2, generation: 0 };

  client.on(findCoordinator, () => ({
    ...node,
    errorCode: 0,
    coordinators: [{ ...node, key: 'g', errorCode: 0, errorMessage: null }],
  }));
  client.on(metadata, () => ({ brokers: [{ ...node, rack: null }], topics: [topic('a', state.partitionCount)] }));
  client.on(joinGroup, (request) => joined(request.memberId || 'new', ++state.generation));
  client.on(syncGroup, (request) => ({ errorCode: 0, assignment: request.assignments[0]!.assignment }));
  client.on(heartbeat, () => ({ errorCode: 0 }));
  client.on(leaveGroup, () => ({ errorCode: 0, members: [] }));

  const membership = new ClassicMembership({
    group: groupSettings('g', ['a'], { timeouts, ...(instanceId !== undefined && { instanceId }) }),
    coordinator: new Coordinator('g', client, cluster),
    cluster,
    clock,
    random: seededRandom(1),
    emit: () => {},
    drainBudgetMs: 25_000,
    hooks: {
      assigned: (partitions) => story.push(`assigned ${names(partitions)}`),
      revoked: (partitions, budgetMs) => {
        story.push(`revoked ${names(partitions)} in ${budgetMs}`);
        drained = Promise.withResolvers();
        return drained.promise;
      },
      lost: (partitions) => story.push(`lost ${names(partitions)}`),
    },
  });
  return { clock, client, membership, story, state, drain: (finished: boolean) => drained.resolve(finished) };
}

function topic(name: string, partitionCount: number) {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({
    errorCode: 0,
    partition,
    leader: 1,
    leaderEpoch: 0,
    replicas: [1],
    isr: [1],
    offlineReplicas: [],
  }));
  return { errorCode: 0, name, topicId: zeroUuid, internal: false, partitions, operations: 0 };
}

/** The answer to a member that leads a group of its own. */
export function joined(memberId: string, generation: number, protocolName = 'roundrobin') {
  const subscription = { version: 1, topics: ['a'], userData: null, owned: [], generation: -1, rackId: null };
  return {
    errorCode: 0,
    generation,
    protocolType: 'consumer',
    protocolName,
    leader: memberId,
    skipAssignment: false,
    memberId,
    members: [{ memberId, instanceId: null, metadata: writeSubscription(subscription) }],
  };
}

/** The answer to a follower of a group that deals cooperatively: these partitions of topic `a`. */
export function given(...partitions: readonly number[]) {
  const topics = partitions.length === 0 ? [] : [{ name: 'a', partitions }];
  return { errorCode: 0, assignment: writeAssignment({ version: 0, topics, userData: null }) };
}
