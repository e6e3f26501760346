/** DeleteGroups: groups without members, with their offsets. */
import { deleteGroups } from '../../protocol/delete-groups.ts';
import { answer } from '../answer.ts';

export const handleDeleteGroups = answer(
  deleteGroups,
  ({ groupIds }, { groups }) => ({
    throttleTimeMs: 0,
    groups: groupIds.map((groupId) => ({ groupId, errorCode: groups.delete(groupId) })),
  }),
  ({ groupIds }, errorCode) => ({ throttleTimeMs: 0, groups: groupIds.map((groupId) => ({ groupId, errorCode })) }),
);
