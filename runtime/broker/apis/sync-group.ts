/** SyncGroup: see `groups/sync.ts`. The answer may be held until the leader has sent the assignments. */
import { syncGroup } from '../../protocol/sync-group.ts';
import { answer } from '../answer.ts';
import { syncError } from '../groups/member.ts';

export const handleSyncGroup = answer(
  syncGroup,
  async (request, state) => {
    const assignments = new Map(request.assignments.map((a) => [a.memberId, a.assignment]));
    return { throttleTimeMs: 0, ...(await state.groups.sync(request.groupId, { ...request, assignments })) };
  },
  (_, errorCode) => ({ throttleTimeMs: 0, ...syncError(errorCode) }),
);
