/**
 * The SQL port on PGlite: PostgreSQL as WebAssembly in this thread, in memory or in a folder. Only this file loads it.
 * It has one connection, so statements wait for one another, and a folder is for one owner (`folder-lock.ts`).
 */
import type { PGlite } from '@electric-sql/pglite';
import { StoreError } from '../core/errors.ts';
import { makeFolder } from '../core/make-folder.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { type Execute, OpenTransaction } from './open-transaction.ts';
import type { Database, Sql } from './sql.ts';
import { storeFault } from './sql-faults.ts';

export interface PgliteOptions {
  /** Null: in memory. */
  readonly folder: string | null;
  readonly name: string;
}

const int8Oid = 20;

/** The first start in a new folder takes some seconds, later ones less than one. @throws StoreError */
export async function openPglite({ folder, name }: PgliteOptions): Promise<Database> {
  const lock = folder === null ? null : takeFolder(folder, name);
  try {
    const { PGlite } = await import('@electric-sql/pglite');
    const pglite = await PGlite.create({ dataDir: folder ?? 'memory://', parsers: { [int8Oid]: BigInt } });
    return new PgliteDatabase(pglite, name, lock);
  } catch (error) {
    lock?.release();
    throw storeFault(error, name);
  }
}

/** The lock lies beside the folder: PostgreSQL wants to find its own empty when it makes it. */
function takeFolder(folder: string, name: string): FolderLock {
  let lock: FolderLock | null;
  try {
    makeFolder(folder);
    lock = lockFolder(`${folder}.lock`);
  } catch (error) {
    throw storeFault(error, name);
  }
  if (lock !== null) return lock;
  const text = `the store ${name} is open in another process or thread: an embedded store has one owner at a time; close it there, or use PostgreSQL`;
  throw new StoreError('RT_STORE_BUSY', text, { retryable: true });
}

class PgliteDatabase implements Database {
  readonly kind = 'pglite';
  readonly inTransaction = false;
  readonly name: string;
  readonly #pglite: PGlite;
  readonly #folderLock: FolderLock | null;
  readonly #taken = new Set<string>();

  constructor(pglite: PGlite, name: string, folderLock: FolderLock | null) {
    this.#pglite = pglite;
    this.name = name;
    this.#folderLock = folderLock;
  }

  query<Row>(text: string, params: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#executeOn(this.#pglite)(text, params);
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await this.#pglite.transaction(async (connection) => {
        const open = new OpenTransaction(this.#executeOn(connection));
        const result = await work(open);
        open.check();
        return result;
      });
    } catch (error) {
      // What `work` threw is its caller's; only PGlite itself speaks with a severity.
      throw error instanceof Error && 'severity' in error ? storeFault(error, this.name) : error;
    }
  }

  async exclusively(table: string, work: (sql: Sql, signal: AbortSignal) => Promise<void>): Promise<boolean> {
    if (this.#taken.has(table)) return false;
    this.#taken.add(table);
    try {
      // The lock cannot be lost: it is this program's own.
      await work(this, new AbortController().signal);
      return true;
    } finally {
      this.#taken.delete(table);
    }
  }

  async close(): Promise<void> {
    if (this.#pglite.closed) return;
    try {
      await this.#pglite.close();
    } finally {
      this.#folderLock?.release();
    }
  }

  #executeOn(connection: Pick<PGlite, 'query'>): Execute {
    return async <Row>(text: string, params: readonly unknown[] = []) => {
      try {
        const { rows } = await connection.query<Row>(text, [...params]);
        return rows;
      } catch (error) {
        // PGlite adds the parameters of the statement, which are the users' data and would be written into logs.
        if (error instanceof Error && 'params' in error) delete error.params;
        throw storeFault(error, this.name);
      }
    };
  }
}
