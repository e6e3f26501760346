/** Produce: appends each partition's batch; with acks 0 nothing is answered. */

import type { RequestOf, ResponseOf } from '../../protocol/api.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { produce } from '../../protocol/produce.ts';
import { attributeBits, batchLayout, codecs } from '../../protocol/records/batch-header.ts';
import { answer } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';
import type { Topic } from '../topics.ts';

type Request = RequestOf<typeof produce>;
type PartitionAnswer = ResponseOf<typeof produce>['topics'][number]['partitions'][number];

const acksKnown = [-1, 0, 1];
/** First version whose clients can read zstd (KIP-110). */
const zstdFrom = 7;
/** First version in which writing adds the partition to the transaction (KIP-890). */
const addsPartitionFrom = 12;

export const handleProduce = answer(
  produce,
  (request, state, { version }) => {
    const known = acksKnown.includes(request.acks);
    const response = mapPartitions(request, (topicAsked, asked) => {
      if (!known) return refused(asked.partition, kafkaErrors.INVALID_REQUIRED_ACKS, 'acks must be -1, 0 or 1');
      const topic = state.topics.find(topicAsked);
      if (typeof topic === 'number') return refused(asked.partition, topic, null);
      return append(topic, asked, request, state, version);
    });
    if (request.acks !== 0) return response;
    // Kafka closes the connection when a produce without answer fails: the only way to say so.
    const failed = response.topics.some((t) => t.partitions.some((p) => p.errorCode !== kafkaErrors.NONE));
    return failed ? 'close' : null;
  },
  (request, errorCode) => mapPartitions(request, (_, asked) => refused(asked.partition, errorCode, null)),
);

type TopicAsked = Request['topics'][number];
type PartitionAsked = TopicAsked['partitions'][number];

function mapPartitions(request: Request, run: (topic: TopicAsked, partition: PartitionAsked) => PartitionAnswer) {
  return {
    topics: request.topics.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitions: topic.partitions.map((partition) => run(topic, partition)),
    })),
    throttleTimeMs: 0,
    nodeEndpoints: [],
  };
}

function append(
  topic: Topic,
  { partition: index, records }: PartitionAsked,
  request: Request,
  state: BrokerState,
  version: number,
): PartitionAnswer {
  const partition = topic.partitions[index];
  if (partition === undefined) return refused(index, kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION, null);
  if (records === null) return refused(index, kafkaErrors.INVALID_RECORD, 'no records');
  if (version < zstdFrom && usesZstd(records)) {
    return refused(
      index,
      kafkaErrors.UNSUPPORTED_COMPRESSION_TYPE,
      `zstd needs Produce v${zstdFrom}, this is v${version}`,
    );
  }
  const fenced = transactionFault(topic.name, index, records, request, state, version);
  if (fenced !== kafkaErrors.NONE) return refused(index, fenced, null);
  const produced = partition.produce(records, topic.appendRules);
  if (produced.kind === 'refused') return refused(index, produced.errorCode, produced.message);
  return {
    partition: index,
    errorCode: kafkaErrors.NONE,
    baseOffset: produced.baseOffset,
    logAppendTimeMs: produced.logAppendTimeMs,
    logStartOffset: partition.log.logStart,
    recordErrors: [],
    errorMessage: null,
    currentLeader: null,
  };
}

function usesZstd(records: Buffer): boolean {
  const attributes = records[batchLayout.attributes + 1] ?? 0; // the low byte
  return codecs[attributes & attributeBits.codec] === 'zstd';
}

/** Transactional records are taken only in a transaction that the partition was added to. @returns an error code */
function transactionFault(
  topic: string,
  partition: number,
  records: Buffer,
  { transactionalId }: Request,
  state: BrokerState,
  version: number,
): number {
  if (records.length < batchLayout.records) return kafkaErrors.NONE; // refused as no batch at all
  if (transactionalId === null) {
    // Nobody could ever end such a transaction, and readers would wait for ever.
    const transactional = (records.readInt16BE(batchLayout.attributes) & attributeBits.transactional) !== 0;
    return transactional ? kafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED : kafkaErrors.NONE;
  }
  const producerId = Number(records.readBigInt64BE(batchLayout.producerId));
  const producerEpoch = records.readInt16BE(batchLayout.producerEpoch);
  const claim = { transactionalId, producerId, producerEpoch };
  const place = { topic, partition };
  const code =
    version >= addsPartitionFrom
      ? state.producers.addPartitions(claim, [place])
      : state.producers.mayWrite(claim, place);
  // The partition leader calls an old epoch by another name than the coordinator does.
  return code === kafkaErrors.PRODUCER_FENCED ? kafkaErrors.INVALID_PRODUCER_EPOCH : code;
}

function refused(partition: number, errorCode: number, errorMessage: string | null): PartitionAnswer {
  return {
    partition,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage,
    currentLeader: null,
  };
}
