/** FindCoordinator: it is always this node. */
import { kafkaErrors } from '../../protocol/error-codes.ts';
import { coordinatorKeyTypes, findCoordinator } from '../../protocol/find-coordinator.ts';
import { answer } from '../answer.ts';
import { nodeId } from '../broker-state.ts';

const nowhere = { nodeId: -1, host: '', port: -1 };

export const handleFindCoordinator = answer(
  findCoordinator,
  ({ keyType, keys }, state) => {
    const known = keyType === coordinatorKeyTypes.group || keyType === coordinatorKeyTypes.transaction;
    const found = known
      ? { errorCode: kafkaErrors.NONE, errorMessage: null, nodeId, ...state.address() }
      : {
          errorCode: kafkaErrors.INVALID_REQUEST,
          errorMessage: `expected key type 0 (group) or 1 (transaction), found ${keyType}`,
          ...nowhere,
        };
    return { throttleTimeMs: 0, ...found, coordinators: keys.map((key) => ({ key, ...found })) };
  },
  ({ keys }, errorCode) => {
    const none = { errorCode, errorMessage: null, ...nowhere };
    return { throttleTimeMs: 0, ...none, coordinators: keys.map((key) => ({ key, ...none })) };
  },
);
