/** Where a place that people name (`core/offset-point.ts`) lies in each partition, as Kafka knows it. */
import type { OffsetPoint } from '../core/offset-point.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { Extent, PartitionReader } from '../kafka/partition-reader.ts';

/** @returns what each partition holds, by `partitionKey` @throws KafkaError */
export async function extentsOf(
  reader: PartitionReader,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, Extent>> {
  const extents = new Map<string, Extent>();
  for (const partition of partitions) extents.set(partitionKey(partition), await reader.extent(partition));
  return extents;
}

/** @returns offsets within the extents, by `partitionKey`; a point behind the last record is the end @throws KafkaError */
export async function resolvePoint(
  reader: PartitionReader,
  partitions: readonly TopicPartition[],
  extents: ReadonlyMap<string, Extent>,
  point: OffsetPoint,
): Promise<ReadonlyMap<string, number>> {
  const offsets = new Map<string, number>();
  for (const partition of partitions) {
    const key = partitionKey(partition);
    const extent = extents.get(key)!;
    const atTime = point.kind === 'time' ? await reader.offsetAt(partition, point.timeMs) : -1;
    const wanted = pointIn(point, extent, atTime);
    offsets.set(key, Math.min(Math.max(wanted, extent.begin), extent.end));
  }
  return offsets;
}

function pointIn(point: OffsetPoint, { begin, end }: Extent, atTime: number): number {
  switch (point.kind) {
    case 'earliest':
      return begin;
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
