/** `dedupe` of one group: from checked keys to typed values, and the rules between its keys. */
import type { DedupeSettings } from '../core/settings.ts';
import { parseStoreUrl } from '../core/store-url.ts';
import { milliseconds } from './amounts.ts';
import { compileKeySource } from './compile-group.ts';
import type { Report } from './problem.ts';
import type { GroupValue } from './schema/schema.ts';
import { describe, type Tree } from './tree.ts';

export interface DedupeContext {
  /** What the group itself says of `dedupe`, without what it inherits; null for nothing. */
  readonly own: Tree | null;
  /** `store.url`, compiled; null where it has a mistake. */
  readonly storeUrl: string | null;
  readonly report: Report;
}

/** @returns null for a group that handles every record */
export function compileDedupe(
  { dedupe, execution }: Pick<GroupValue, 'dedupe' | 'execution'>,
  { own, storeUrl, report }: DedupeContext,
): DedupeSettings | null {
  const { by, ttl } = dedupe;
  if (by === null) {
    const isWritten = own?.kind === 'map' && [...own.entries.keys()].some((key) => key !== 'by');
    if (isWritten) {
      const want = 'by: header:<name>, key or a path such as $.id, or no dedupe';
      report(['dedupe'], 'nothing says by what a repeated record is told', { got: describe(own, ['dedupe']), want });
    }
    return null;
  }
  if (execution !== 'inline' && storeUrl !== null && parseStoreUrl(storeUrl).kind === 'pglite') {
    const want = 'store.url: postgres://…, or execution: inline';
    const what = 'an embedded store is open in one thread, and the handlers run in others';
    report(['dedupe', 'store'], what, { got: 'store: sql with execution: pool', want });
  }
  return {
    by: compileKeySource(by),
    store: { kind: 'sql', url: storeUrl ?? '', ttlMs: milliseconds(ttl) },
  };
}
