/** LeaveGroup: one member up to v2, several from v3 on. See `groups/leave.ts`. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { leaveGroup } from '../../protocol/leave-group.ts';
import { answer } from '../answer.ts';

const severalFrom = 3;

export const handleLeaveGroup = answer(
  leaveGroup,
  ({ groupId, memberId, members }, state, { version }) => {
    if (version < severalFrom) {
      const errorCode = state.groups.leave(groupId, { memberId, instanceId: null });
      return { throttleTimeMs: 0, errorCode, members: [] };
    }
    const left = members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      errorCode: state.groups.leave(groupId, member),
    }));
    return { throttleTimeMs: 0, errorCode: kafkaErrors.NONE, members: left };
  },
  (_, errorCode) => ({ throttleTimeMs: 0, errorCode, members: [] }),
);
