/** AddPartitionsToTxn, as producers send it; from v4 on brokers ask each other, and there is only one. */

import { addPartitionsToTxn } from '../../protocol/add-partitions-to-txn.ts';
import type { RequestOf } from '../../protocol/api.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { answer } from '../answer.ts';

type Request = RequestOf<typeof addPartitionsToTxn>;

const maxVersion = 3;

export const handleAddPartitionsToTxn = answer(
  addPartitionsToTxn,
  (request, { topics, producers }) => {
    const asked = request.topics.flatMap(({ name, partitions }) =>
      partitions.map((p) => ({ topic: name, partition: p })),
    );
    const isKnown = (topic: string, partition: number): boolean => topics.partition(topic, partition) !== undefined;
    if (!asked.every(({ topic, partition }) => isKnown(topic, partition))) {
      // All or nothing: those that exist are told that they were not tried.
      return response(request, (topic, partition) =>
        isKnown(topic, partition) ? kafkaErrors.OPERATION_NOT_ATTEMPTED : kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION,
      );
    }
    const errorCode = producers.addPartitions(request, asked);
    return response(request, () => errorCode);
  },
  (request, errorCode) => response(request, () => errorCode),
  { maxVersion },
);

function response({ topics }: Request, run: (topic: string, partition: number) => number) {
  return {
    throttleTimeMs: 0,
    errorCode: kafkaErrors.NONE,
    transactions: [],
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((partition) => ({ partition, errorCode: run(name, partition) })),
    })),
  };
}
