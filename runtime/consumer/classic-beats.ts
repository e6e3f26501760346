/**
 * The heartbeats of a classic member, and what their answers mean at the moment they come:
 *
 *   member       they go to the coordinator's own connection: an answer speaks of the generation that we are in
 *   joins again  a JoinGroup waits on that connection, so they go beside it. 27 says what we know; 22 says that the
 *                group has moved on, with us: the answer that tells it is on its way
 */
import type { LoopWait } from '../core/loop-wait.ts';
import { kafkaErrors } from '../protocol/error-codes.ts';
import { heartbeat } from '../protocol/heartbeat.ts';
import type { Coordinator } from './coordinator.ts';
import type { MemberIdentity } from './membership.ts';

export interface BeatPlace {
  readonly group: string;
  readonly coordinator: Coordinator;
  readonly wait: LoopWait;
  readonly identity: () => MemberIdentity | null;
  readonly joining: () => boolean;
}

/** Sends one. @returns Kafka's error code, 0 also for what is no news to a member that joins @throws KafkaError */
export async function sendBeat(place: BeatPlace, under: MemberIdentity, timeoutMs: number): Promise<number> {
  const { group, coordinator, wait, identity, joining } = place;
  const aside = joining();
  // While it joins, the join itself is what is waited for.
  if (!aside) wait.began('no heartbeat was accepted');
  try {
    const request = { groupId: group, ...under };
    const answer = aside
      ? coordinator.sendOffsets(heartbeat, request, { timeoutMs })
      : coordinator.send(heartbeat, request, { timeoutMs });
    const { errorCode } = await answer;
    const former = aside || joining() || identity() !== under;
    return former && ofGeneration.has(errorCode) ? 0 : errorCode;
  } catch (error) {
    if (!aside) wait.failed(error);
    throw error;
  }
}

/** What they say is about the generation, not about the member. */
const ofGeneration = new Set<number>([kafkaErrors.REBALANCE_IN_PROGRESS, kafkaErrors.ILLEGAL_GENERATION]);
