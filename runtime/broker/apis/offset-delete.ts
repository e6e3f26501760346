/** OffsetDelete: forgets what a group committed for topics that none of its members reads. */
import type { RequestOf } from '../../protocol/api.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { offsetDelete } from '../../protocol/offset-delete.ts';
import { answer } from '../answer.ts';

type Request = RequestOf<typeof offsetDelete>;

export const handleOffsetDelete = answer(
  offsetDelete,
  (request, { groups, topics }) => {
    if (!groups.has(request.groupId)) return refused(kafkaErrors.GROUP_ID_NOT_FOUND);
    return {
      ...refused(kafkaErrors.NONE),
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partition }) => {
          const known = topics.partition(name, partition) !== undefined;
          const place = { topic: name, partition };
          const errorCode = known
            ? groups.deleteOffset(request.groupId, place)
            : kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION;
          return { partition, errorCode };
        }),
      })),
    };
  },
  (_: Request, errorCode) => refused(errorCode),
);

function refused(errorCode: number) {
  return { errorCode, throttleTimeMs: 0, topics: [] };
}
