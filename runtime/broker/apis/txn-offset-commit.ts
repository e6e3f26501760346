/** TxnOffsetCommit: offsets that count once the transaction commits. From v5 on it would add the group by itself. */
import type { RequestOf } from '../../protocol/api.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { txnOffsetCommit } from '../../protocol/txn-offset-commit.ts';
import { answer } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';
import { offsetMetadataBytesMax } from './offset-commit.ts';

type Request = RequestOf<typeof txnOffsetCommit>;
type PartitionAsked = Request['topics'][number]['partitions'][number];

const maxVersion = 4;

export const handleTxnOffsetCommit = answer(
  txnOffsetCommit,
  (request, state) => {
    const errorCode = fault(request, state);
    return mapPartitions(request, (topic, asked) =>
      errorCode === kafkaErrors.NONE ? hold(request, topic, asked, state) : errorCode,
    );
  },
  (request, errorCode) => mapPartitions(request, () => errorCode),
  { maxVersion },
);

function fault(request: Request, { producers, groups }: BrokerState): number {
  const errorCode = producers.mayCommitOffsets(request, request.groupId);
  if (errorCode !== kafkaErrors.NONE) return errorCode;
  // Producers older than KIP-447 do not say for which member they commit; their epoch alone fences them.
  const anonymous = request.generation < 0 && request.memberId === '' && request.instanceId === null;
  return anonymous ? groups.ensure(request.groupId) : groups.mayCommit(request.groupId, request);
}

function hold(request: Request, topic: string, asked: PartitionAsked, { topics, groups }: BrokerState): number {
  const { partition, offset, leaderEpoch } = asked;
  if (topics.partition(topic, partition) === undefined) return kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION;
  const metadata = asked.metadata ?? '';
  if (Buffer.byteLength(metadata) > offsetMetadataBytesMax) return kafkaErrors.OFFSET_METADATA_TOO_LARGE;
  groups.offsets.hold(request.groupId, request.producerId, { topic, partition, offset, leaderEpoch, metadata });
  return kafkaErrors.NONE;
}

function mapPartitions(request: Request, run: (topic: string, partition: PartitionAsked) => number) {
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked) => ({ partition: asked.partition, errorCode: run(name, asked) })),
    })),
  };
}
