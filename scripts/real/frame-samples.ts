/**
 * Keeps a few of the recorded frames: per API, version and direction at most three, chosen to differ.
 *
 *   1. the smallest
 *   2. the largest below 2 KB      (a Fetch answer with records, a JoinGroup answer with members)
 *   3. the smallest of a client that 1 and 2 do not come from
 */
import type { Frame } from './frame-proxy.ts';

const largestBytes = 2_048;

/** One entry of `test/golden/frames.json`. */
export type FrameSample = {
  readonly api: string;
  readonly apiKey: number;
  /** Version of the request; a response is encoded in the version its request asked for. */
  readonly apiVersion: number;
  readonly kind: 'request' | 'response';
  /** Who sent the request. */
  readonly client: string;
  /** Header and body without the length prefix. */
  readonly hex: string;
};

export class FrameSamples {
  readonly #frames = new Map<string, { readonly frame: Frame; readonly client: string }[]>();

  add(frame: Frame, client: string): void {
    const id = `${frame.apiKey}/${frame.apiVersion}/${frame.kind}`;
    const list = this.#frames.get(id) ?? [];
    list.push({ frame, client });
    this.#frames.set(id, list);
  }

  /** The chosen samples, by key, version, kind and size. */
  choose(): readonly FrameSample[] {
    return [...this.#frames.values()]
      .flatMap(chooseThree)
      .sort(
        (a, b) =>
          a.apiKey - b.apiKey ||
          a.apiVersion - b.apiVersion ||
          a.kind.localeCompare(b.kind) ||
          a.hex.length - b.hex.length,
      );
  }
}

function chooseThree(frames: readonly { readonly frame: Frame; readonly client: string }[]): readonly FrameSample[] {
  const bySize = frames.toSorted((a, b) => a.frame.bytes.length - b.frame.bytes.length);
  const smallest = bySize[0]!;
  const largest = bySize.findLast((one) => one.frame.bytes.length <= largestBytes) ?? smallest;
  const other = bySize.find((one) => one.client !== smallest.client && one.client !== largest.client);
  const chosen = [smallest, largest, ...(other ? [other] : [])];
  const samples = chosen.map(({ frame, client }) => ({
    api: apiNames[frame.apiKey] ?? `Api${frame.apiKey}`,
    apiKey: frame.apiKey,
    apiVersion: frame.apiVersion,
    kind: frame.kind,
    client,
    hex: frame.bytes.toString('hex'),
  }));
  return samples.filter((one, i) => samples.findIndex((first) => withoutId(first) === withoutId(one)) === i);
}

/** Frames that differ in the correlation id only are one. */
function withoutId({ kind, hex }: FrameSample): string {
  return kind === 'request' ? hex.slice(0, 8) + hex.slice(16) : hex.slice(8);
}

/** Names of the Kafka protocol guide. */
const apiNames: Readonly<Record<number, string>> = {
  0: 'Produce',
  1: 'Fetch',
  2: 'ListOffsets',
  3: 'Metadata',
  8: 'OffsetCommit',
  9: 'OffsetFetch',
  10: 'FindCoordinator',
  11: 'JoinGroup',
  12: 'Heartbeat',
  13: 'LeaveGroup',
  14: 'SyncGroup',
  15: 'DescribeGroups',
  16: 'ListGroups',
  17: 'SaslHandshake',
  18: 'ApiVersions',
  19: 'CreateTopics',
  20: 'DeleteTopics',
  21: 'DeleteRecords',
  22: 'InitProducerId',
  23: 'OffsetForLeaderEpoch',
  24: 'AddPartitionsToTxn',
  25: 'AddOffsetsToTxn',
  26: 'EndTxn',
  27: 'WriteTxnMarkers',
  28: 'TxnOffsetCommit',
  29: 'DescribeAcls',
  30: 'CreateAcls',
  31: 'DeleteAcls',
  32: 'DescribeConfigs',
  33: 'AlterConfigs',
  36: 'SaslAuthenticate',
  37: 'CreatePartitions',
  42: 'DeleteGroups',
  44: 'IncrementalAlterConfigs',
  45: 'AlterPartitionReassignments',
  46: 'ListPartitionReassignments',
  47: 'OffsetDelete',
  60: 'DescribeCluster',
  61: 'DescribeProducers',
  65: 'DescribeTransactions',
  66: 'ListTransactions',
  68: 'ConsumerGroupHeartbeat',
  69: 'ConsumerGroupDescribe',
  71: 'GetTelemetrySubscriptions',
  72: 'PushTelemetry',
  74: 'ListConfigResources',
  75: 'DescribeTopicPartitions',
};
