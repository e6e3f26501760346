/** Requests about one topic `orders` with one partition, with what a test cares about as options. */
import type { RequestOf } from '../../../../runtime/protocol/api.ts';
import { zeroUuid } from '../../../../runtime/protocol/codec.ts';
import { createTopics } from '../../../../runtime/protocol/create-topics.ts';
import type { fetch } from '../../../../runtime/protocol/fetch.ts';
import type { metadata } from '../../../../runtime/protocol/metadata.ts';
import type { offsetCommit } from '../../../../runtime/protocol/offset-commit.ts';
import type { produce } from '../../../../runtime/protocol/produce.ts';
import { writeBatch } from '../../../../runtime/protocol/records/batch-writer.ts';
import type { WireClient } from './wire-client.ts';

const name = 'orders';

export async function createOrders(client: WireClient): Promise<void> {
  const topic = { name, partitionCount: 1, replicationFactor: 1, assignments: [], configs: [] };
  const { topics } = await client.send(createTopics, { topics: [topic], timeoutMs: 1000, validateOnly: false });
  if (topics[0]?.errorCode !== 0) throw new Error(`topic not made: ${topics[0]?.errorMessage}`);
}

export function metadataRequest(): RequestOf<typeof metadata> {
  return { topics: null, autoCreateTopics: false, includeClusterOperations: false, includeTopicOperations: false };
}

export function oneRecord(timestamp = 0): Buffer {
  return writeBatch({ records: [{ key: Buffer.from('k'), value: Buffer.from('v'), headers: [], timestamp }] });
}

interface ProduceOptions {
  readonly acks?: number;
  readonly records?: Buffer;
  readonly transactionalId?: string;
}

export function produceRequest(options: ProduceOptions = {}): RequestOf<typeof produce> {
  const partitions = [{ partition: 0, records: options.records ?? oneRecord() }];
  return {
    transactionalId: options.transactionalId ?? null,
    acks: options.acks ?? -1,
    timeoutMs: 1000,
    topics: [{ name, topicId: zeroUuid, partitions }],
  };
}

interface FetchOptions {
  readonly maxWaitMs?: number;
  readonly offset?: number;
  readonly isolationLevel?: number;
}

export function fetchRequest(options: FetchOptions = {}): RequestOf<typeof fetch> {
  const partition = {
    partition: 0,
    currentLeaderEpoch: -1,
    offset: options.offset ?? 0,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    maxBytes: 1_000_000,
  };
  return {
    replicaId: -1,
    maxWaitMs: options.maxWaitMs ?? 0,
    minBytes: 1,
    maxBytes: 10_000_000,
    isolationLevel: options.isolationLevel ?? 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ name, topicId: zeroUuid, partitions: [partition] }],
    forgottenTopics: [],
    rackId: '',
  };
}

export function commitRequest(offset: number, metadata = ''): RequestOf<typeof offsetCommit> {
  const partitions = [{ partition: 0, offset, leaderEpoch: -1, metadata }];
  return {
    groupId: 'billing',
    generation: -1,
    memberId: '',
    instanceId: null,
    retentionTimeMs: -1,
    topics: [{ name, topicId: zeroUuid, partitions }],
  };
}
