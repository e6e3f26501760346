/** What members are told about the generation there is. */
import { type JoinAnswer, type Member, noBytes, type SyncAnswer } from './member.ts';

/** What the answers tell of a group. */
export interface Generation {
  readonly generation: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  readonly members: readonly Member[];
}

/** The answer to a JoinGroup; the leader gets to know all members, as it assigns the partitions. */
export function joinAnswer(group: Generation, member: Member): JoinAnswer {
  const { generation, protocolType, protocolName, leaderId, members } = group;
  const introduce = (m: Member): JoinAnswer['members'][number] => {
    const metadata = m.protocols.find((p) => p.name === protocolName)?.metadata ?? noBytes;
    return { memberId: m.id, instanceId: m.instanceId, metadata };
  };
  return {
    errorCode: 0,
    generation,
    protocolType,
    protocolName,
    leader: leaderId ?? '',
    skipAssignment: false,
    memberId: member.id,
    members: member.id === leaderId ? members.map(introduce) : [],
  };
}

/** The answer to a SyncGroup. */
export function syncAnswer({ protocolType, protocolName }: Generation, { assignment }: Member): SyncAnswer {
  return { errorCode: 0, protocolType, protocolName, assignment };
}
