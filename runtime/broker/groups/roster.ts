/**
 * The members of one group, and which of them leads. The leader is the first to have come; when it goes, the one that
 * has been there longest follows.
 */
import type { Member } from './member.ts';

export class Roster {
  readonly #members = new Map<string, Member>(); // in the order of coming
  #leaderId: string | null = null;

  get all(): readonly Member[] {
    return [...this.#members.values()];
  }

  get size(): number {
    return this.#members.size;
  }

  /** Null while nobody is there. */
  get leaderId(): string | null {
    return this.#leaderId;
  }

  /** The longest that any member asks the others to wait for it. */
  get rebalanceTimeoutMs(): number {
    return Math.max(0, ...this.all.map((m) => m.rebalanceTimeoutMs));
  }

  get(memberId: string): Member | undefined {
    return this.#members.get(memberId);
  }

  withInstance(instanceId: string): Member | undefined {
    return this.all.find((m) => m.instanceId === instanceId);
  }

  add(member: Member): void {
    this.#members.set(member.id, member);
    this.#leaderId ??= member.id;
  }

  remove(member: Member): void {
    this.#members.delete(member.id);
    if (this.#leaderId === member.id) this.#leaderId = this.#members.keys().next().value ?? null;
  }

  /** The successor leads if the old one did. */
  replace(old: Member, successor: Member): void {
    const led = this.#leaderId === old.id;
    this.remove(old);
    this.add(successor);
    if (led) this.#leaderId = successor.id;
  }

  /** Makes sure that the leader is one of these. @param present at least one */
  leadBy(present: readonly Member[]): void {
    if (!present.some((m) => m.id === this.#leaderId)) this.#leaderId = present[0]!.id;
  }
}
