/** Kafka's requests name partitions topic by topic. */
import type { TopicPartition } from '../core/record-set.ts';
import { zeroUuid } from '../protocol/codec.ts';

export function byTopic(
  partitions: readonly TopicPartition[],
): readonly { readonly name: string; readonly topicId: string; readonly partitions: readonly number[] }[] {
  const topics = Map.groupBy(partitions, ({ topic }) => topic);
  return [...topics].map(([name, of]) => ({
    name,
    topicId: zeroUuid,
    partitions: of.map(({ partition }) => partition),
  }));
}
