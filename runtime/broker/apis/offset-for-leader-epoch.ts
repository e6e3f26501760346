/** OffsetForLeaderEpoch: there is one epoch, and it lasts to the end of the log. */
import type { RequestOf, ResponseOf } from '../../protocol/api.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { offsetForLeaderEpoch } from '../../protocol/offset-for-leader-epoch.ts';
import { answer } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';
import { leaderEpoch } from '../log/partition.ts';

type Request = RequestOf<typeof offsetForLeaderEpoch>;
type PartitionAsked = Request['topics'][number]['partitions'][number];
type PartitionAnswer = ResponseOf<typeof offsetForLeaderEpoch>['topics'][number]['partitions'][number];

export const handleOffsetForLeaderEpoch = answer(
  offsetForLeaderEpoch,
  (request, state) => mapPartitions(request, (topic, asked) => endOf(topic, asked, state)),
  (request, errorCode) => mapPartitions(request, (_, { partition }) => unknown(partition, errorCode)),
);

function endOf(topic: string, asked: PartitionAsked, { topics }: BrokerState): PartitionAnswer {
  const partition = topics.partition(topic, asked.partition);
  if (partition === undefined) return unknown(asked.partition, kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
  if (asked.currentLeaderEpoch > leaderEpoch) return unknown(asked.partition, kafkaErrors.UNKNOWN_LEADER_EPOCH);
  if (asked.leaderEpoch !== leaderEpoch) return unknown(asked.partition, kafkaErrors.NONE);
  return { ...unknown(asked.partition, kafkaErrors.NONE), leaderEpoch, endOffset: partition.highWatermark };
}

function unknown(partition: number, errorCode: number): PartitionAnswer {
  return { partition, errorCode, leaderEpoch: -1, endOffset: -1 };
}

function mapPartitions(request: Request, run: (topic: string, partition: PartitionAsked) => PartitionAnswer) {
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({ name, partitions: partitions.map((p) => run(name, p)) })),
  };
}
