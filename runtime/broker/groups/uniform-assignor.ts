/**
 * Deals partitions out to the members of a group of the consumer protocol: Kafka's `uniform`, its default. Nobody has
 * two partitions more than somebody who could take one, and what need not move stays where it was.
 *
 *   before   x: 0 1 2 3          after y came   x: 0 1     1. all keep what they had
 *                                               y: 2 3     2. what nobody has goes to whoever has least
 *                                                          3. who has most gives to who has least, until it is even
 */
import type { PartitionId } from './partition-ids.ts';

export const uniformAssignor = 'uniform';

export type Deal = ReadonlyMap<string, ReadonlySet<PartitionId>>;

/**
 * @param wanted partitions that each member is subscribed to
 * @returns partitions by member id; every member has an entry
 */
export function dealUniformly(wanted: Deal, before: Deal): Deal {
  // Sorted: the deal does not depend on who came first.
  const members = [...wanted.keys()].sort();
  const dealt = new Map(members.map((id) => [id, new Set<PartitionId>()]));
  const taken = new Set<PartitionId>();
  for (const id of members) {
    for (const partition of before.get(id) ?? []) {
      if (!wanted.get(id)!.has(partition) || taken.has(partition)) continue;
      dealt.get(id)!.add(partition);
      taken.add(partition);
    }
  }
  const load = (id: string): number => dealt.get(id)!.size;
  const byLoad = (a: string, b: string): number => load(a) - load(b);
  const all = [...new Set(members.flatMap((id) => [...wanted.get(id)!]))].sort();
  for (const partition of all.filter((p) => !taken.has(p))) {
    const [least] = members.filter((id) => wanted.get(id)!.has(partition)).sort(byLoad);
    dealt.get(least!)!.add(partition);
  }
  const move = (): boolean => {
    for (const from of members.toSorted((a, b) => byLoad(b, a))) {
      for (const to of members.toSorted(byLoad)) {
        if (load(from) - load(to) < 2) break;
        // The last one first, so that what stays is the lower part, as with Kafka.
        const moved = [...dealt.get(from)!].sort().findLast((partition) => wanted.get(to)!.has(partition));
        if (moved === undefined) continue;
        dealt.get(from)!.delete(moved);
        dealt.get(to)!.add(moved);
        return true;
      }
    }
    return false;
  };
  while (move());
  return dealt;
}
