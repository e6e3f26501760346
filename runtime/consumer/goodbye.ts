/**
 * Leaving a classic group, so that others get our partitions now instead of after the session timeout. A static member
 * does not: it will be back under the same instance id, and its partitions wait for it as long as its session lasts.
 */
import { leaveGroup } from '../protocol/leave-group.ts';
import type { Coordinator } from './coordinator.ts';

/** A broker that does not answer must not hold up a stop: the session ends by itself. */
const timeoutMs = 3000;

export async function sayGoodbye(coordinator: Coordinator, memberId: string, reason: string): Promise<void> {
  const request = { groupId: coordinator.group, memberId, members: [{ memberId, instanceId: null, reason }] };
  try {
    await coordinator.send(leaveGroup, request, { timeoutMs });
  } catch {
    // The broker notices by the session timeout; nothing here could make it sooner.
  }
}
