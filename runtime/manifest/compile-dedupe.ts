/** `dedupe` of one group: from checked keys to typed values, and the rules between its keys. */
import { resolve } from 'node:path';
import type { DedupeSettings, DedupeStore } from '../core/settings.ts';
import { parseStoreUrl } from '../core/store-url.ts';
import { milliseconds } from './amounts.ts';
import { compileKeySource } from './key-source.ts';
import type { Report } from './problem.ts';
import { findProjectFile, moduleFile } from './project-file.ts';
import type { ManifestFile } from './read-manifest.ts';
import type { GroupValue } from './schema/schema.ts';
import { describe, subtree, type Tree } from './tree.ts';

export interface DedupeContext {
  /** Of the group. */
  readonly name: string;
  readonly manifest: Pick<ManifestFile, 'sources' | 'projectFolder'>;
  /** What the group itself says of `dedupe`, without what it inherits; null for nothing. */
  readonly own: Tree | null;
  /** `store.url`, compiled; null where it has a mistake. */
  readonly storeUrl: string | null;
  readonly report: Report;
}

type DedupeValue = Pick<GroupValue, 'dedupe' | 'execution'>;

/** Folder of the files of `store: sqlite`, beside the manifest. */
const sqliteFolder = '.runtime/dedupe';

/** @returns null for a group that handles every record */
export function compileDedupe(value: DedupeValue, context: DedupeContext): DedupeSettings | null {
  const { own, report } = context;
  const { by } = value.dedupe;
  if (by === null) {
    const isWritten = own?.kind === 'map' && [...own.entries.keys()].some((key) => key !== 'by');
    if (isWritten) {
      const want = 'by: header:<name>, key or a path such as $.id, or no dedupe';
      report(['dedupe'], 'nothing says by what a repeated record is told', { got: describe(own, ['dedupe']), want });
    }
    return null;
  }
  return { by: compileKeySource(by), store: compileStore(value, context) };
}

function compileStore({ dedupe, execution }: DedupeValue, context: DedupeContext): DedupeStore {
  const ttlMs = milliseconds(dedupe.ttl);
  const { max } = dedupe;
  switch (dedupe.store) {
    case 'memory':
      return { kind: 'memory', ttlMs, max };
    case 'sqlite': {
      const folder = context.manifest.sources.folder;
      return { kind: 'sqlite', file: resolve(folder, sqliteFolder, `${context.name}.sqlite`), ttlMs, max };
    }
    case 'sql':
      refuse('max', 'store: sql remembers for as long as ttl says', context);
      if (execution !== 'inline') refuseEmbedded(context);
      return { kind: 'sql', url: context.storeUrl ?? '', ttlMs };
    default:
      refuse('max', 'a module decides itself how much it remembers', context);
      refuse('ttl', 'a module decides itself for how long it remembers', context);
      return { kind: 'module', file: compileModule(dedupe.store, context) };
  }
}

/** A key of the group's own that would do nothing; one of `defaults` may be for another group. */
function refuse(key: string, why: string, { own, report }: DedupeContext): void {
  const written = subtree(own, [key]);
  if (written !== null) report(['dedupe', key], why, { got: describe(written, [key]), want: `no ${key}` });
}

function refuseEmbedded({ storeUrl, report }: DedupeContext): void {
  if (storeUrl === null || parseStoreUrl(storeUrl).kind !== 'pglite') return;
  const want = 'store.url: postgres://…, or execution: inline';
  const what = 'an embedded store is open in one thread, and the handlers run in others';
  report(['dedupe', 'store'], what, { got: 'store: sql with execution: pool', want });
}

function compileModule(path: string, { manifest, own, report }: DedupeContext): string {
  const { folder, files } = manifest.sources;
  const found = findProjectFile(path, { folder, projectFolder: manifest.projectFolder, files }, moduleFile);
  if ('file' in found) return found.file;
  const got = describe(subtree(own, ['store']), ['store']);
  report(['dedupe', 'store'], found.fault, { got, want: 'the path of a module inside the project' });
  return '';
}
