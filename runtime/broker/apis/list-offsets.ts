/** ListOffsets: offsets by time, or of the ends of a partition. */
import type { RequestOf, ResponseOf } from '../../protocol/api.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { listOffsets, offsetPlaces } from '../../protocol/list-offsets.ts';
import { answer } from '../answer.ts';
import { leaderEpoch, type Partition } from '../log/partition.ts';
import { firstAtOrAfter, latestByTime } from '../log/time-lookup.ts';

type Request = RequestOf<typeof listOffsets>;
type PartitionAnswer = ResponseOf<typeof listOffsets>['topics'][number]['partitions'][number];

/** First version of the places that came later. */
const placeFrom = new Map<number, number>([
  [offsetPlaces.maxTimestamp, 7],
  [offsetPlaces.earliestLocal, 8],
  [offsetPlaces.latestTiered, 9],
  [offsetPlaces.earliestPendingUpload, 11],
]);

export const handleListOffsets = answer(
  listOffsets,
  (request, state, { version }) =>
    mapPartitions(request, (topic, { partition: index, timestamp }) => {
      const partition = state.topics.partition(topic, index);
      if (partition === undefined) return nothing(index, kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION);
      if (version < (placeFrom.get(timestamp) ?? 0)) return nothing(index, kafkaErrors.UNSUPPORTED_VERSION);
      const place = locate(partition, timestamp, request.isolationLevel === 1);
      if (place === 'unsupported') return nothing(index, kafkaErrors.UNSUPPORTED_VERSION);
      return place === null ? nothing(index, kafkaErrors.NONE) : { ...nothing(index, 0), ...place, leaderEpoch };
    }),
  (request, errorCode) => mapPartitions(request, (_, { partition }) => nothing(partition, errorCode)),
);

function locate(
  partition: Partition,
  timestamp: number,
  committedOnly: boolean,
): { readonly offset: number; readonly timestamp: number } | null | 'unsupported' {
  switch (timestamp) {
    case offsetPlaces.latest:
      return { offset: committedOnly ? partition.lastStableOffset : partition.highWatermark, timestamp: -1 };
    // Without tiered storage the local log is all there is.
    case offsetPlaces.earliest:
    case offsetPlaces.earliestLocal:
      return { offset: partition.log.logStart, timestamp: -1 };
    case offsetPlaces.maxTimestamp:
      return latestByTime(partition.log);
    case offsetPlaces.latestTiered:
    case offsetPlaces.earliestPendingUpload:
      return null;
    default:
      return timestamp < 0 ? 'unsupported' : firstAtOrAfter(partition.log, timestamp);
  }
}

type PartitionAsked = Request['topics'][number]['partitions'][number];

function mapPartitions(request: Request, run: (topic: string, partition: PartitionAsked) => PartitionAnswer) {
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({ name, partitions: partitions.map((p) => run(name, p)) })),
  };
}

function nothing(partition: number, errorCode: number): PartitionAnswer {
  return { partition, errorCode, timestamp: -1, offset: -1, leaderEpoch: -1 };
}
