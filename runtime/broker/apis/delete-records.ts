/** DeleteRecords: moves the start of a partition's log. */
import type { RequestOf } from '../../protocol/api.ts';
import { deleteRecords } from '../../protocol/delete-records.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { answer } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';

type Request = RequestOf<typeof deleteRecords>;
type PartitionAsked = Request['topics'][number]['partitions'][number];

export const handleDeleteRecords = answer(
  deleteRecords,
  (request, state) => mapPartitions(request, (topic, asked) => deleteBefore(topic, asked, state)),
  (request, errorCode) => mapPartitions(request, () => ({ lowWatermark: -1, errorCode })),
);

function deleteBefore(name: string, { partition, offset }: PartitionAsked, { topics }: BrokerState) {
  const topic = topics.get(name);
  if (topic?.partitions[partition] === undefined) {
    return { lowWatermark: -1, errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION };
  }
  const lowWatermark = topics.deleteRecordsBefore(topic, partition, offset);
  if (lowWatermark === null) return { lowWatermark: -1, errorCode: kafkaErrors.OFFSET_OUT_OF_RANGE };
  return { lowWatermark, errorCode: kafkaErrors.NONE };
}

function mapPartitions(
  request: Request,
  run: (topic: string, partition: PartitionAsked) => { readonly lowWatermark: number; readonly errorCode: number },
) {
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked) => ({ partition: asked.partition, ...run(name, asked) })),
    })),
  };
}
