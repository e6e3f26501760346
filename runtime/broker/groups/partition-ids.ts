/** Partitions by topic id, as the consumer group protocol names them: `<topic id>/<partition>` inside, topic by topic on the wire. */

export type PartitionId = string;

export interface TopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export function partitionId(topicId: string, partition: number): PartitionId {
  return `${topicId}/${partition}`;
}

export function toPartitionIds(topics: readonly TopicPartitions[]): ReadonlySet<PartitionId> {
  return new Set(topics.flatMap(({ topicId, partitions }) => partitions.map((p) => partitionId(topicId, p))));
}

/** Topics and partitions in ascending order. */
export function toTopicPartitions(ids: Iterable<PartitionId>): readonly TopicPartitions[] {
  const topics = Map.groupBy([...ids].sort(), (id) => id.slice(0, id.indexOf('/')));
  return [...topics].map(([topicId, of]) => ({
    topicId,
    partitions: of.map((id) => Number(id.slice(topicId.length + 1))).sort((a, b) => a - b),
  }));
}
