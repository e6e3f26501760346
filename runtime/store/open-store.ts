/** Opens a store by its url: the way in for programs and handlers. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { parseStoreUrl, storeUrlForms } from '../core/store-url.ts';
import { EventStore } from './event-store.ts';
import { checkSchema, migrate } from './migrate.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { openPglite } from './pglite.ts';
import { openPostgres } from './postgres.ts';
import type { Database } from './sql.ts';

export interface Store {
  /** For statements and transactions of your own, and for the relay. */
  readonly sql: Database;
  readonly events: EventStore;
  readonly outbox: Outbox;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  /**
   * Makes or updates the tables first. Default: in an embedded store, which nobody else uses; on PostgreSQL that is for
   * `runtime store migrate`.
   */
  readonly migrate?: boolean;
  /** Most connections to PostgreSQL at once, at least 2; what needs another one waits. Default 10. */
  readonly connectionsMax?: number;
  readonly clock?: Clock;
  /** Makes ids of events. */
  readonly newId?: () => string;
}

/**
 * @param url `postgres://…`, `pglite:<folder>` (relative to the working folder) or `pglite:memory`
 * @throws StoreError that names the url without its password, and says what to do
 */
export async function openStore(url: string, options: OpenStoreOptions = {}): Promise<Store> {
  const { clock = systemClock, newId = randomUUID } = options;
  const sql = await openDatabase(url, options.connectionsMax);
  try {
    if (options.migrate ?? sql.kind === 'pglite') await migrate(sql);
    else await checkSchema(sql);
  } catch (error) {
    await sql.close();
    throw error;
  }
  return {
    sql,
    events: new EventStore(sql, clock, newId),
    outbox: createOutbox(sql, clock, newId),
    close: () => sql.close(),
  };
}

/** The database alone, whatever tables it has. @throws StoreError */
export async function openDatabase(text: string, connectionsMax = 10): Promise<Database> {
  const url = parseStoreUrl(text);
  switch (url.kind) {
    case 'postgres':
      return openPostgres({ url: url.url, name: url.name, connectionsMax });
    case 'pglite':
      return openPglite({ folder: url.folder === null ? null : resolve(url.folder), name: url.name });
    case 'fault':
      throw new StoreError('RT_STORE_URL', `${url.fault}: want ${storeUrlForms}`, { retryable: false });
    default:
      return url satisfies never;
  }
}

/** For messages: the url without its password. */
export function storeName(text: string): string {
  const url = parseStoreUrl(text);
  return url.kind === 'fault' ? url.fault : url.name;
}

/** False for an embedded store that was never opened; of PostgreSQL only a connection would tell. */
export function existsStore(text: string): boolean {
  const url = parseStoreUrl(text);
  if (url.kind !== 'pglite') return true;
  return url.folder !== null && existsSync(join(url.folder, 'PG_VERSION'));
}
