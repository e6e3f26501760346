/** A member of a classic group, and the answers it waits for. */
import type { Timer } from '../../core/clock.ts';

export interface MemberProtocol {
  readonly name: string;
  /** The subscription, for the leader to read. */
  readonly metadata: Buffer;
}

export interface JoinAnswer {
  readonly errorCode: number;
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment: boolean;
  readonly memberId: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: Buffer;
  }[];
}

export interface SyncAnswer {
  readonly errorCode: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export interface Member {
  readonly id: string;
  /** `group.instance.id` of a static member. */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  /** In order of preference. */
  protocols: readonly MemberProtocol[];
  assignment: Buffer;
  /** Set while the member's JoinGroup or SyncGroup is held; the session timer rests meanwhile. */
  joining: ((answer: JoinAnswer) => void) | null;
  syncing: ((answer: SyncAnswer) => void) | null;
  sessionTimer: Timer | null;
}

export const noBytes = Buffer.alloc(0);

export function joinError(errorCode: number, memberId: string): JoinAnswer {
  return {
    errorCode,
    memberId,
    generation: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  };
}

export function syncError(errorCode: number): SyncAnswer {
  return { errorCode, protocolType: null, protocolName: null, assignment: noBytes };
}

/** Answers what the member waits for with an error, and stops its timer: it is not in the group any more. */
export function release(member: Member, errorCode: number): void {
  member.sessionTimer?.cancel();
  member.joining?.(joinError(errorCode, member.id));
  member.syncing?.(syncError(errorCode));
  member.joining = null;
  member.syncing = null;
}

/** Whether a join says what the member said before: then nothing has to be assigned anew. */
export function sameProtocols(a: readonly MemberProtocol[], b: readonly MemberProtocol[]): boolean {
  return a.length === b.length && a.every((p, i) => p.name === b[i]!.name && p.metadata.equals(b[i]!.metadata));
}
