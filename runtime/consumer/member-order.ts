/** In which order members are dealt to: the same whoever deals, and the same after a restart where ids stay. */
import type { GroupMember } from './assignor.ts';

export function inOrder(members: readonly GroupMember[]): readonly GroupMember[] {
  return [...members].sort((a, b) => compareText(orderKey(a), orderKey(b)));
}

/** Ids that stay the same over a restart come first. */
function orderKey({ memberId, instanceId }: GroupMember): string {
  return instanceId === null ? `1${memberId}` : `0${instanceId}`;
}

/** By code units: the same in every locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
