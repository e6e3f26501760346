/**
 * The partitions that a member of a group has been given and not given back, and how each batch of them goes.
 *
 *   (nobody's) ──take──▶ held ──release──▶ releasing ──drained, committed──▶ (nobody's)
 *                          └──────────lose───────────┴──────────────────────▶ (nobody's)
 *
 * Invariant: what is released or lost is told to the hooks exactly once as released, and at most once as lost. A
 * partition that is being released is still held: the group must not give it to anybody else.
 */
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { DrainReason } from '../core/stages.ts';
import type { MembershipHooks } from './membership.ts';

export class Holdings {
  readonly #hooks: MembershipHooks;
  readonly #held = new Map<string, TopicPartition>();
  readonly #releasing = new Map<string, Promise<boolean>>();
  #lost = false;

  constructor(hooks: MembershipHooks) {
    this.#hooks = hooks;
  }

  get all(): readonly TopicPartition[] {
    return [...this.#held.values()];
  }

  /** What was held last was lost, and nothing has been given to us since. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Takes what is new of these. @param assignment all that is ours from now on */
  take(assignment: readonly TopicPartition[]): void {
    const gained = assignment.filter((partition) => !this.#held.has(partitionKey(partition)));
    for (const partition of gained) this.#held.set(partitionKey(partition), partition);
    if (gained.length === 0) return;
    this.#lost = false;
    this.#hooks.assigned(gained);
  }

  /** What we hold and are not to hold any more. @param assignment as for `take` */
  notIn(assignment: readonly TopicPartition[]): readonly TopicPartition[] {
    const kept = new Set(assignment.map(partitionKey));
    return this.all.filter((partition) => !kept.has(partitionKey(partition)));
  }

  /**
   * Resolves when all of these are given up, also those that were on their way already.
   * @returns false when something in flight was cut short
   */
  async release(partitions: readonly TopicPartition[], budgetMs: number, reason: DrainReason): Promise<boolean> {
    const fresh = partitions.filter((partition) => !this.#releasing.has(partitionKey(partition)));
    const under = partitions.map((partition) => this.#releasing.get(partitionKey(partition)));
    if (fresh.length > 0) under.push(this.#release(fresh, budgetMs, reason));
    return !(await Promise.all(under)).includes(false);
  }

  #release(partitions: readonly TopicPartition[], budgetMs: number, reason: DrainReason): Promise<boolean> {
    const released = this.#hooks.revoked(partitions, budgetMs, reason).then((finished) => {
      for (const partition of partitions) {
        const key = partitionKey(partition);
        // Lost meanwhile, and perhaps ours again by now: then this is not about it.
        if (this.#releasing.get(key) !== released) continue;
        this.#releasing.delete(key);
        this.#held.delete(key);
      }
      return finished;
    });
    for (const partition of partitions) this.#releasing.set(partitionKey(partition), released);
    return released;
  }

  /** All at once; what is being released ends by itself. */
  lose(reason: string): void {
    const { all } = this;
    this.#held.clear();
    this.#releasing.clear();
    if (all.length === 0) return;
    this.#lost = true;
    this.#hooks.lost(all, reason);
  }
}
