/**
 * The SQL port: what the store needs of a database, and all it needs. PostgreSQL (`postgres.ts`) and PGlite (`pglite.ts`)
 * carry the same statements; `test/store/` holds both to this contract.
 *
 * Values: int8 arrives as bigint, json as a parsed value, timestamptz as Date, bytea as Uint8Array. JSON is given as text.
 */

export interface Sql {
  /** Whether a statement that fails takes others with it. */
  readonly inTransaction: boolean;
  /**
   * One statement with `$1`, `$2`, …
   * @throws StoreError with PostgreSQL's code in `sqlState`
   */
  query<Row>(text: string, params?: readonly unknown[]): Promise<readonly Row[]>;
  /**
   * Commits when `work` resolves and rolls back when it rejects, with its error. Inside a transaction it is a part of it
   * (a savepoint): when `work` rejects, the rest can go on. Only the `sql` that `work` is given belongs to it; on PGlite,
   * which has one connection, anything else would wait for the end of `work`.
   *
   * A statement that failed fails the transaction, also when its error was caught: PostgreSQL would roll back in silence.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
}

export interface TransactionLimits {
  /**
   * Cancels the statement under way, so that `work` gets to its end; it has to reject then. A session that does not answer
   * any more is not waited for by anybody else.
   */
  readonly signal?: AbortSignal;
  /** How long it may stand without a statement before PostgreSQL ends it. Default 60 s. */
  readonly idleMs?: number;
}

export interface Database extends Sql {
  /** Its url without the password, for messages. */
  readonly name: string;
  transaction<T>(work: (sql: Sql) => Promise<T>, limits?: TransactionLimits): Promise<T>;
  readonly kind: 'postgres' | 'pglite';
  /**
   * Runs `work` while nobody else runs one under the same table's lock: on PostgreSQL no other process, on PGlite nobody
   * in this one. Statements inside are committed one by one.
   * @param work its `signal` is aborted when the lock may be somebody else's, since the connection that held it broke
   * @returns false when somebody else has the lock; `work` was not called
   */
  exclusively(table: string, work: (sql: Sql, signal: AbortSignal) => Promise<void>): Promise<boolean>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** This program's own number among advisory locks: 'kwrt' in ASCII. */
export const advisoryClass = 1_802_990_196;

/**
 * The key of an advisory lock, as SQL: this program's number, then the table's. So stores in two schemas of one database
 * have two locks, and none is anybody else's by accident.
 */
export function advisoryKey(table: string): string {
  return `((${advisoryClass}::int8 << 32) | '${table}'::regclass::oid::int8)`;
}

/** The same for migrations, which run before there is a table. */
export const migrationKey = `(${advisoryClass}::int8 << 32)`;
