/** Where a place that people name (`core/offset-point.ts`) lies in each partition, as Kafka knows it. */
import { KafkaError } from '../core/errors.ts';
import type { OffsetPoint } from '../core/offset-point.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { Cluster } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { kafkaErrorName } from '../protocol/error-codes.ts';
import { listOffsets, offsetPlaces } from '../protocol/list-offsets.ts';

const readCommitted = 1;

/** What a partition holds for a reader of committed records: from `start` up to, not including, `end`. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** @returns by `partitionKey` @throws KafkaError */
export async function extentsOf(
  client: KafkaClient,
  cluster: Cluster,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, Extent>> {
  const [starts, ends] = await Promise.all([
    askLeaders(client, cluster, partitions, offsetPlaces.earliest),
    askLeaders(client, cluster, partitions, offsetPlaces.latest),
  ]);
  return new Map([...starts].map(([key, start]) => [key, { start, end: ends.get(key) ?? start }]));
}

/** @returns offsets within the extents, by `partitionKey`; a point behind the last record is the end @throws KafkaError */
export async function resolvePoint(
  client: KafkaClient,
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  extents: ReadonlyMap<string, Extent>,
  point: OffsetPoint,
): Promise<ReadonlyMap<string, number>> {
  const times = point.kind === 'time' ? await askLeaders(client, cluster, partitions, point.timeMs) : null;
  const found = partitions.map((partition) => {
    const key = partitionKey(partition);
    const { start, end } = extents.get(key) ?? { start: 0, end: 0 };
    const wanted = pointIn(point, start, end, times?.get(key) ?? -1);
    return [key, Math.min(Math.max(wanted, start), end)] as const;
  });
  return new Map(found);
}

function pointIn(point: OffsetPoint, start: number, end: number, atTime: number): number {
  switch (point.kind) {
    case 'earliest':
      return start;
    case 'latest':
      return end;
    case 'offset':
      return point.offset;
    case 'time':
      return atTime < 0 ? end : atTime; // -1: no record is as young
    default:
      return point satisfies never;
  }
}

async function askLeaders(
  client: KafkaClient,
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<ReadonlyMap<string, number>> {
  const leaders = Map.groupBy(partitions, (partition) => cluster.leaderOf(partition)?.node ?? null);
  const offsets = new Map<string, number>();
  for (const [node, led] of leaders) {
    if (node === null) throw refused(led[0]!, 'nobody leads it at the moment', true);
    const response = await client.send(node, 'metadata', listOffsets, {
      replicaId: -1,
      isolationLevel: readCommitted,
      topics: [...Map.groupBy(led, ({ topic }) => topic)].map(([name, of]) => ({
        name,
        partitions: of.map(({ partition }) => ({ partition, currentLeaderEpoch: -1, timestamp })),
      })),
      timeoutMs: 0,
    });
    for (const { name: topic, partitions: of } of response.topics) {
      for (const { partition, errorCode, offset } of of) {
        if (errorCode !== 0) throw refused({ topic, partition }, kafkaErrorName(errorCode), false);
        offsets.set(partitionKey({ topic, partition }), offset);
      }
    }
  }
  return offsets;
}

function refused(partition: TopicPartition, why: string, retryable: boolean): KafkaError {
  return new KafkaError('RT_KAFKA_REFUSED', `offsets of ${partitionKey(partition)}: ${why}`, { retryable });
}
