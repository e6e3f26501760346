/** One ConsumerGroupHeartbeat, and what may be wrong with it whatever group it is about. */
import type { RequestOf } from '../../protocol/api.ts';
import { type consumerGroupHeartbeat, memberEpochs } from '../../protocol/consumer-group-heartbeat.ts';
import { kafkaErrors } from '../../protocol/error-codes.ts';
import type { Refusal } from '../topics.ts';
import { uniformAssignor } from './uniform-assignor.ts';

export interface HeartbeatRequest extends RequestOf<typeof consumerGroupHeartbeat> {
  readonly clientId: string;
  readonly clientHost: string;
}

export function joining({ memberEpoch }: HeartbeatRequest): boolean {
  return memberEpoch === memberEpochs.join;
}

/** @returns what is wrong with the request, whatever group it is about */
export function heartbeatFault(request: HeartbeatRequest): Refusal | null {
  const invalid = (message: string): Refusal => ({ errorCode: kafkaErrors.INVALID_REQUEST, message });
  const { memberEpoch, assignor } = request;
  if (request.memberId === '') return invalid("MemberId can't be empty.");
  if (request.groupId === '') return invalid("GroupId can't be empty.");
  if (request.instanceId === '') return invalid("InstanceId can't be empty.");
  if (request.rackId === '') return invalid("RackId can't be empty.");
  if (joining(request)) {
    if (request.rebalanceTimeoutMs === -1) return invalid('RebalanceTimeoutMs must be provided in first request.');
    if (request.owned?.length !== 0) return invalid('TopicPartitions must be empty when (re-)joining.');
    if (request.subscribedTopics === null && request.subscribedRegex === null) {
      return invalid('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.');
    }
  }
  if (memberEpoch === memberEpochs.leaveStatic && request.instanceId === null) {
    return invalid("InstanceId can't be null.");
  }
  if (memberEpoch < memberEpochs.leaveStatic) return invalid('MemberEpoch is invalid.');
  if (assignor !== null && assignor !== uniformAssignor) {
    const message = `ServerAssignor ${assignor} is not supported. Supported assignors: ${uniformAssignor}.`;
    return { errorCode: kafkaErrors.UNSUPPORTED_ASSIGNOR, message };
  }
  return regexFault(request.subscribedRegex);
}

function regexFault(regex: string | null): Refusal | null {
  try {
    toRegex(regex ?? '');
    return null;
  } catch (error) {
    const message = `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${(error as Error).message}.`;
    return { errorCode: kafkaErrors.INVALID_REGULAR_EXPRESSION, message };
  }
}

/** Kafka's expressions are RE2's, and match names as a whole. @returns null for none @throws SyntaxError */
export function toRegex(text: string): RegExp | null {
  return text === '' ? null : new RegExp(`^(?:${text})$`);
}
