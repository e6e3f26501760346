/**
 * Whether the database that a group keeps its marks in can be used, before the group joins. For each group by itself, as
 * its topics: one that cannot be reached is tried again with backoff, and the group is not ready meanwhile; one without
 * tables, or that refuses us, ends the group with what to do.
 *
 * Handlers open it themselves. An embedded one is held here until the process has drained: its end is a part of the drain.
 */
import type { GroupSettings } from '../core/settings.ts';

export class GroupStores {
  readonly #held = new Map<string, { close(): Promise<void> }>();

  /** @throws StoreError that is retryable while the database may come back */
  async reach({ dedupe }: GroupSettings): Promise<void> {
    if (dedupe?.store.kind !== 'sql' || this.#held.has(dedupe.store.url)) return;
    const { url } = dedupe.store;
    const { shareDatabase } = await import('../store/share-database.ts');
    const database = await shareDatabase(url, 2);
    if (database.kind === 'pglite' && !this.#held.has(url)) this.#held.set(url, database);
    else await database.close();
  }

  async close(): Promise<void> {
    for (const database of this.#held.values()) await database.close();
    this.#held.clear();
  }
}
