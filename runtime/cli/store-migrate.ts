/** `runtime store migrate`: makes or updates the tables of the store that manifests name. */
import { type Migrated, migrate, newTables, planMigration } from '../store/migrate.ts';
import { existsStore, openDatabase, storeName } from '../store/open-store.ts';
import type { Database } from '../store/sql.ts';
import { exitCodes } from './exit-codes.ts';
import { load } from './load.ts';
import type { Terminal } from './terminal.ts';

export interface StoreMigrateFlags {
  readonly dryRun: boolean;
  readonly asJson: boolean;
}

/** @throws InvalidManifest, and StoreError when the database cannot be used or is newer than this program */
export async function runStoreMigrate(
  manifests: readonly string[],
  { dryRun, asJson }: StoreMigrateFlags,
  terminal: Terminal,
): Promise<number> {
  const { store } = load(manifests, terminal);
  // To open an embedded store is to make it, which a dry run must not do.
  const isMissing = dryRun && !existsStore(store.url);
  const done = isMissing ? newTables : await onDatabase(store.url, dryRun ? planMigration : migrate);
  const name = storeName(store.url);
  const result = { store: name, dryRun, from: done.from, to: done.to, applied: done.applied.map(brief) };
  terminal.out(asJson ? `${JSON.stringify(result, null, 2)}\n` : words(name, done, dryRun));
  return exitCodes.done;
}

async function onDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(url);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

function words(name: string, { from, to, applied }: Migrated, dryRun: boolean): string {
  if (applied.length === 0) return `${name} is at version ${to}: nothing to do\n`;
  const steps = applied.map((step) => `  ${step.version}  ${step.name}\n`).join('');
  return `${name} ${dryRun ? 'would go' : 'went'} from version ${from} to ${to}:\n${steps}`;
}

function brief({ version, name }: Migrated['applied'][number]) {
  return { version, name };
}
