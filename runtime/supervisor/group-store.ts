/**
 * Whether the database that a group keeps its marks in can be used, before the group joins. For each group by itself, as
 * its topics: one that cannot be reached is tried again with backoff, and the group is not ready meanwhile; one without
 * tables, or that refuses us, ends the group with what to do.
 */
import type { GroupSettings } from '../core/settings.ts';

/** @throws StoreError that is retryable while the database may come back */
export async function reachGroupStore({ dedupe }: GroupSettings): Promise<void> {
  if (dedupe?.store.kind !== 'sql') return;
  const { shareDatabase } = await import('../store/share-database.ts');
  const database = await shareDatabase(dedupe.store.url, 2);
  await database.close();
}
