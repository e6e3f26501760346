/** Which assignment protocol a group uses: one that every member speaks, by majority of their first choices. */
import type { Member, MemberProtocol } from './member.ts';

/** @returns names that every member offers */
export function commonProtocols(members: readonly Pick<Member, 'protocols'>[]): readonly string[] {
  const [first, ...others] = members;
  const names = first?.protocols.map((p) => p.name) ?? [];
  return names.filter((name) => others.every((m) => m.protocols.some((p) => p.name === name)));
}

/** @param offered what a member that wants to join speaks */
export function fits(members: readonly Pick<Member, 'protocols'>[], offered: readonly MemberProtocol[]): boolean {
  return commonProtocols([...members, { protocols: offered }]).length > 0;
}

/** Each member votes for the first of its protocols that all speak. @param members at least one, with one in common */
export function chooseProtocol(members: readonly Pick<Member, 'protocols'>[]): string {
  const common = commonProtocols(members);
  const votes = new Map<string, number>(common.map((name) => [name, 0]));
  for (const member of members) {
    const choice = member.protocols.find((p) => votes.has(p.name))!.name;
    votes.set(choice, votes.get(choice)! + 1);
  }
  return common.reduce((best, name) => (votes.get(name)! > votes.get(best)! ? name : best));
}
