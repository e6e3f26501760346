/** ListGroups: all groups, or those in certain states. All are of the classic type. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { listGroups } from '../../protocol/list-groups.ts';
import { answer } from '../answer.ts';

const type = 'classic';

export const handleListGroups = answer(
  listGroups,
  ({ states, types }, { groups }) => {
    const among = (wanted: readonly string[], value: string): boolean =>
      wanted.length === 0 || wanted.some((w) => w.toLowerCase() === value.toLowerCase());
    const found = groups.all().filter((group) => among(states, group.state) && among(types, type));
    return {
      throttleTimeMs: 0,
      errorCode: kafkaErrors.NONE,
      groups: found.map(({ id, protocolType, state }) => ({
        groupId: id,
        protocolType: protocolType ?? '',
        state,
        type,
      })),
    };
  },
  (_, errorCode) => ({ throttleTimeMs: 0, errorCode, groups: [] }),
);
