/** Heartbeat: see `groups/sync.ts`. */
import { heartbeat } from '../../protocol/heartbeat.ts';
import { answer } from '../answer.ts';

export const handleHeartbeat = answer(
  heartbeat,
  (request, state) => ({ throttleTimeMs: 0, errorCode: state.groups.heartbeat(request.groupId, request) }),
  (_, errorCode) => ({ throttleTimeMs: 0, errorCode }),
);
