/** ConsumerGroupHeartbeat: see `groups/consumer-heartbeat.ts`. */
import type { ResponseOf } from '../../protocol/api.ts';
import { consumerGroupHeartbeat } from '../../protocol/consumer-group-heartbeat.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { answer } from '../answer.ts';

type Response = ResponseOf<typeof consumerGroupHeartbeat>;

export const handleConsumerGroupHeartbeat = answer(
  consumerGroupHeartbeat,
  (request, { groups, topics }, { clientId, clientHost }): Response => {
    const result = groups.consumerHeartbeat({ ...request, clientId, clientHost }, topics.all());
    switch (result.kind) {
      case 'refused':
        return refused(result.refusal.errorCode, result.refusal.message);
      case 'left':
        return { ...answered(request.memberId, result.memberEpoch), heartbeatIntervalMs: 0 };
      case 'member': {
        const { memberEpoch, assignment } = result;
        const heartbeatIntervalMs = groups.consumerHeartbeatIntervalMs;
        const topicsAssigned = assignment === null ? null : { topics: assignment };
        return { ...answered(request.memberId, memberEpoch), heartbeatIntervalMs, assignment: topicsAssigned };
      }
      default:
        return result satisfies never;
    }
  },
  (_, errorCode) => refused(errorCode, null),
);

function answered(memberId: string, memberEpoch: number): Response {
  return { ...refused(kafkaErrors.NONE, null), memberId, memberEpoch };
}

function refused(errorCode: number, errorMessage: string | null): Response {
  const none = { memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null };
  return { throttleTimeMs: 0, errorCode, errorMessage, ...none };
}
