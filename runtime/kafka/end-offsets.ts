/** Where partitions end: the offset that the next record will get, asked of each partition's leader. */
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import { listOffsets, offsetPlaces } from '../protocol/list-offsets.ts';
import type { Cluster, Node } from './cluster.ts';
import type { KafkaClient } from './port.ts';

/**
 * @returns by `partitionKey`; without those that have no known leader, or whose leader does not answer: whoever fetches
 *   from it notices, and asking again later is all there is to do. Never rejects.
 */
export async function endOffsets(
  client: KafkaClient,
  cluster: Pick<Cluster, 'leaderOf'>,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, number>> {
  const leaders = new Map<number, { readonly node: Node; readonly led: TopicPartition[] }>();
  const distinct = new Map(partitions.map((partition) => [partitionKey(partition), partition]));
  for (const partition of distinct.values()) {
    const node = cluster.leaderOf(partition)?.node;
    if (node === undefined) continue;
    const leader = leaders.get(node.nodeId) ?? { node, led: [] };
    leader.led.push(partition);
    leaders.set(node.nodeId, leader);
  }
  const answers = await Promise.allSettled([...leaders.values()].map(({ node, led }) => ask(client, node, led)));
  return new Map(answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])));
}

async function ask(
  client: KafkaClient,
  node: Node,
  partitions: readonly TopicPartition[],
): Promise<(readonly [key: string, end: number])[]> {
  const byTopic = Map.groupBy(partitions, ({ topic }) => topic);
  const response = await client.send(node, 'metadata', listOffsets, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [...byTopic].map(([name, own]) => ({
      name,
      partitions: own.map(({ partition }) => ({
        partition,
        currentLeaderEpoch: -1,
        timestamp: offsetPlaces.latest,
      })),
    })),
    timeoutMs: 0,
  });
  return response.topics.flatMap(({ name, partitions: own }) =>
    own
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ partition, offset }) => [partitionKey({ topic: name, partition }), offset] as const),
  );
}
