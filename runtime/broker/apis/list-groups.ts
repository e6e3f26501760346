/** ListGroups: all groups, or those in certain states, or of a type: `classic` or `consumer` (KIP-848). */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { listGroups } from '../../protocol/list-groups.ts';
import { answer } from '../answer.ts';
import { Group } from '../groups/group.ts';

export const handleListGroups = answer(
  listGroups,
  ({ states, types }, { groups }) => {
    const among = (wanted: readonly string[], value: string): boolean =>
      wanted.length === 0 || wanted.some((w) => w.toLowerCase() === value.toLowerCase());
    const listed = groups.all().map((group) => ({
      groupId: group.id,
      state: group.state,
      ...(group instanceof Group
        ? { protocolType: group.protocolType ?? '', type: 'classic' }
        : { protocolType: 'consumer', type: 'consumer' }),
    }));
    return {
      throttleTimeMs: 0,
      errorCode: kafkaErrors.NONE,
      groups: listed.filter((group) => among(states, group.state) && among(types, group.type)),
    };
  },
  (_, errorCode) => ({ throttleTimeMs: 0, errorCode, groups: [] }),
);
