/** JoinGroup: see `groups/join.ts`. The answer may be held until the other members have come. */
import { joinGroup } from '../../protocol/join-group.ts';
import { answer } from '../answer.ts';
import { type JoinAnswer, joinError } from '../groups/member.ts';

/** First version with the member id handshake (KIP-394), and with `skipAssignment`. */
const memberIdFrom = 4;
const skipAssignmentFrom = 9;
/** First version whose protocol name may be null. */
const nullableNameFrom = 7;

export const handleJoinGroup = answer(
  joinGroup,
  async (request, state, { version, clientId, clientHost }) => {
    const joined = await state.groups.join(request.groupId, {
      ...request,
      // v0 has one timeout for both.
      rebalanceTimeoutMs: request.rebalanceTimeoutMs < 0 ? request.sessionTimeoutMs : request.rebalanceTimeoutMs,
      clientId,
      clientHost,
      needsMemberId: version >= memberIdFrom,
      canSkipAssignment: version >= skipAssignmentFrom,
    });
    return response(joined, version >= nullableNameFrom);
  },
  (request, errorCode) => response(joinError(errorCode, request.memberId), false),
);

function response(joined: JoinAnswer, nullableName: boolean) {
  return { throttleTimeMs: 0, ...joined, protocolName: joined.protocolName ?? (nullableName ? null : '') };
}
