/**
 * Fetch: whole batches as they were produced, from every partition asked for, within the byte limits. With less than
 * `minBytes` to give, the answer waits for appends up to `maxWaitMs`. Fetch sessions are not offered: session id 0 in
 * the answer tells the client to go on without.
 */
import type { RequestOf, ResponseOf } from '../../protocol/api.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { fetch } from '../../protocol/fetch.ts';
import { answer, type RequestContext } from '../answer.ts';
import type { BrokerState } from '../broker-state.ts';
import { leaderEpoch, type Partition } from '../log/partition.ts';

type Request = RequestOf<typeof fetch>;
type Response = ResponseOf<typeof fetch>;
type PartitionAnswer = Response['topics'][number]['partitions'][number];

/** Kafka's `fetch.max.bytes`: no answer is larger, whatever a client asks for (one batch excepted). */
const responseBytesMax = 55 * 1024 * 1024;

export const handleFetch = answer(
  fetch,
  async (request, state, context) => {
    if (request.sessionId !== 0) return withoutTopics(kafkaErrors.FETCH_SESSION_ID_NOT_FOUND);
    const { clock } = state;
    const deadline = clock.now() + request.maxWaitMs;
    let result = readAll(request, state);
    while (!result.complete && !context.signal.aborted && clock.now() < deadline) {
      await appended(result.partitions, deadline - clock.now(), state, context);
      result = readAll(request, state);
    }
    return result.response;
  },
  (request, errorCode) => ({
    // The error of the whole request is for sessions; tests mean the partitions.
    ...withoutTopics(kafkaErrors.NONE),
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partition }) => refused(partition, errorCode)),
    })),
  }),
  { sizeOf: responseBytes },
);

/** Above what is needed around the records of one partition, or one topic. */
const overheadBytes = 300;

function responseBytes({ topics }: Response): number {
  let bytes = overheadBytes;
  for (const topic of topics) {
    bytes += overheadBytes;
    for (const partition of topic.partitions) {
      bytes += overheadBytes + (partition.records?.length ?? 0) + 16 * (partition.abortedTransactions?.length ?? 0);
    }
  }
  return bytes;
}

function withoutTopics(errorCode: number) {
  return { throttleTimeMs: 0, errorCode, sessionId: 0, topics: [], nodeEndpoints: [] };
}

/** Resolves at the next append to one of the partitions, when the time is over, or when the client is gone. */
function appended(
  partitions: readonly Partition[],
  waitMs: number,
  state: BrokerState,
  { signal }: RequestContext,
): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', wake);
      for (const stop of stops) stop();
      resolve();
    };
    const timer = state.clock.after(Math.max(0, waitMs), wake);
    const stops = partitions.map((partition) => partition.onAppend(wake));
    signal.addEventListener('abort', wake);
  });
}

function readAll(request: Request, state: BrokerState) {
  const partitions: Partition[] = [];
  let leftBytes = Math.min(request.maxBytes, responseBytesMax);
  let bytes = 0;
  let failed = false;
  const topics = request.topics.map((topicAsked) => {
    const topic = state.topics.find(topicAsked);
    const answers = topicAsked.partitions.map((asked): PartitionAnswer => {
      const partition = typeof topic === 'number' ? undefined : topic.partitions[asked.partition];
      const code = typeof topic === 'number' ? topic : fault(partition, asked);
      if (partition === undefined || code !== kafkaErrors.NONE) {
        failed = true;
        return refused(asked.partition, code);
      }
      partitions.push(partition);
      const found = read(partition, asked, request.isolationLevel, leftBytes, bytes === 0);
      const length = found.records?.length ?? 0;
      bytes += length;
      leftBytes = Math.max(0, leftBytes - length);
      return found;
    });
    return { name: topicAsked.name, topicId: topicAsked.topicId, partitions: answers };
  });
  const response = { ...withoutTopics(kafkaErrors.NONE), topics };
  return { response, partitions, complete: failed || bytes >= request.minBytes || partitions.length === 0 };
}

type PartitionAsked = Request['topics'][number]['partitions'][number];

function fault(partition: Partition | undefined, { offset, currentLeaderEpoch }: PartitionAsked): number {
  if (partition === undefined) return kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION;
  if (currentLeaderEpoch > leaderEpoch) return kafkaErrors.UNKNOWN_LEADER_EPOCH;
  const inRange = offset >= partition.log.logStart && offset <= partition.highWatermark;
  return inRange ? kafkaErrors.NONE : kafkaErrors.OFFSET_OUT_OF_RANGE;
}

/** @param first whether nothing was found yet: then one batch is given even above the limits, so that readers move on */
function read(
  partition: Partition,
  asked: PartitionAsked,
  isolationLevel: number,
  leftBytes: number,
  first: boolean,
): PartitionAnswer {
  const committedOnly = isolationLevel === 1;
  const end = committedOnly ? partition.lastStableOffset : partition.highWatermark;
  const records = partition.log.read(asked.offset, end, Math.min(asked.maxBytes, leftBytes), first);
  const aborted = committedOnly ? partition.transactions.abortedIn(asked.offset, end) : null;
  return {
    ...refused(asked.partition, kafkaErrors.NONE, partition),
    abortedTransactions: aborted?.map(({ producerId, firstOffset }) => ({ producerId, firstOffset })) ?? null,
    records,
  };
}

/** An answer without records. */
function refused(index: number, errorCode: number, partition?: Partition): PartitionAnswer {
  return {
    partition: index,
    errorCode,
    highWatermark: partition?.highWatermark ?? -1,
    lastStableOffset: partition?.lastStableOffset ?? -1,
    logStartOffset: partition?.log.logStart ?? -1,
    divergingEpoch: null,
    currentLeader: null,
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: Buffer.alloc(0),
  };
}
