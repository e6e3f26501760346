/** TxnOffsetCommit: offsets that count once the transaction commits. From v5 on it would add the group by itself. */
import type { RequestOf } from '../../protocol/api.ts';
import { zeroUuid } from '../../protocol/codec.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { txnOffsetCommit } from '../../protocol/txn-offset-commit.ts';
import { answer } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';
import type { PartitionFault } from '../groups/consumer-commit.ts';
import { offsetMetadataBytesMax } from './offset-commit.ts';

type Request = RequestOf<typeof txnOffsetCommit>;
type PartitionAsked = Request['topics'][number]['partitions'][number];

const maxVersion = 4;

export const handleTxnOffsetCommit = answer(
  txnOffsetCommit,
  (request, state) => {
    const errorOf = fault(request, state);
    return mapPartitions(request, (topic, asked) => {
      const errorCode = errorOf(state.topics.get(topic)?.id ?? zeroUuid, asked.partition);
      return errorCode === kafkaErrors.NONE ? hold(request, topic, asked, state) : errorCode;
    });
  },
  (request, errorCode) => mapPartitions(request, () => errorCode),
  { maxVersion },
);

function fault(request: Request, { producers, groups }: BrokerState): PartitionFault {
  const errorCode = producers.mayCommitOffsets(request, request.groupId);
  if (errorCode !== kafkaErrors.NONE) return () => errorCode;
  // Producers older than KIP-447 do not say for which member they commit; their epoch alone fences them.
  const anonymous = request.generation < 0 && request.memberId === '' && request.instanceId === null;
  if (!anonymous) return groups.mayCommit(request.groupId, request, null);
  const made = groups.ensure(request.groupId);
  return () => made;
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
