/**
 * The database of a store for several users in one thread. PostgreSQL gives each of them connections of its own; an
 * embedded one has one owner, so whoever asks for it in this thread gets the same one, and the last one closes it.
 */
import { parseStoreUrl } from '../core/store-url.ts';
import { checkSchema, migrate } from './migrate.ts';
import { openDatabase } from './open-store.ts';
import type { Database } from './sql.ts';

interface Shared {
  readonly opened: Promise<Database>;
  users: number;
}

const embedded = new Map<string, Shared>();

/**
 * With its tables: an embedded one is migrated, on PostgreSQL they are to be there.
 * @param connectionsMax to PostgreSQL @throws StoreError
 */
export async function shareDatabase(url: string, connectionsMax: number): Promise<Database> {
  if (parseStoreUrl(url).kind === 'pglite') return shareEmbedded(url);
  const database = await openDatabase(url, connectionsMax);
  try {
    await checkSchema(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function shareEmbedded(url: string): Promise<Database> {
  const shared: Shared = embedded.get(url) ?? { opened: openEmbedded(url), users: 0 };
  embedded.set(url, shared);
  shared.users++;
  const leave = async (): Promise<void> => {
    if (--shared.users > 0) return;
    embedded.delete(url);
    await (await shared.opened).close();
  };
  let database: Database;
  try {
    database = await shared.opened;
  } catch (error) {
    if (embedded.get(url) === shared) embedded.delete(url);
    throw error;
  }
  let isOpen = true;
  return {
    name: database.name,
    kind: database.kind,
    inTransaction: false,
    query: (text, params) => database.query(text, params),
    transaction: (work, limits) => database.transaction(work, limits),
    exclusively: (table, work) => database.exclusively(table, work),
    async close() {
      if (!isOpen) return;
      isOpen = false;
      await leave();
    },
  };
}

async function openEmbedded(url: string): Promise<Database> {
  const database = await openDatabase(url);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
