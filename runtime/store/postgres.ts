/** The SQL port on PostgreSQL, through a pool of connections of `pg`, which only this file loads. */
import type { CustomTypesConfig, Pool, PoolClient } from 'pg';
import { StoreError } from '../core/errors.ts';
import { type Execute, OpenTransaction } from './open-transaction.ts';
import { Cancellation, type OtherConnection } from './postgres-cancellation.ts';
import { advisoryKey, type Database, type Sql, type TransactionLimits } from './sql.ts';
import { storeFault } from './sql-faults.ts';

export interface PostgresOptions {
  readonly url: string;
  /** The url without its password. */
  readonly name: string;
  /** Most connections at once; what needs another one waits. */
  readonly connectionsMax: number;
}

/** For a connection that is made, and for one that becomes free. */
const connectTimeoutMs = 30_000;
const int8Oid = 20;

/**
 * READ COMMITTED whatever the database's default is: a statement has to see what was committed while it waited for a
 * lock. A program that stands still in a transaction would hold up everybody's appends, so PostgreSQL ends it.
 */
const begin = (idleMs: number): string =>
  `begin isolation level read committed; set local idle_in_transaction_session_timeout = ${Math.ceil(idleMs)}`;
const idleMaxMs = 60_000;

/** A machine that is gone says no goodbye: after 25 s without an answer its lock is free. PostgreSQL's default is hours. */
const watchClient = 'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3';

/** @throws StoreError when the first connection fails */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { default: pg } = await import('pg');
  const types: CustomTypesConfig = {
    getTypeParser: (oid, format) => (oid === int8Oid ? BigInt : pg.types.getTypeParser(oid, format)) as never,
  };
  const clientOptions = {
    connectionString: options.url,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: 'kafka-worker-runtime',
    types,
  };
  const pool = new pg.Pool({
    ...clientOptions,
    // A relay keeps one for itself.
    max: Math.max(2, options.connectionsMax),
  });
  // A connection that breaks while nobody uses it: the pool makes another one when it is wanted.
  pool.on('error', () => {});
  // One that breaks in use: what is under way fails. Without a listener the process would end.
  pool.on('connect', (client) => client.on('error', () => {}));
  const database = new PostgresDatabase(pool, () => new pg.Client(clientOptions) as OtherConnection, options.name);
  try {
    await database.query('select 1');
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

class PostgresDatabase implements Database {
  readonly kind = 'postgres';
  readonly inTransaction = false;
  readonly name: string;
  readonly #pool: Pool;
  readonly #otherConnection: () => OtherConnection;

  constructor(pool: Pool, otherConnection: () => OtherConnection, name: string) {
    this.#pool = pool;
    this.#otherConnection = otherConnection;
    this.name = name;
  }

  query<Row>(text: string, params: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#executeOn(this.#pool)(text, params);
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>, limits: TransactionLimits = {}): Promise<T> {
    const client = await this.#connect();
    const execute = this.#executeOn(client);
    const open = new OpenTransaction(execute);
    const stop = new Cancellation(client, this.#otherConnection, limits.signal);
    try {
      await execute(begin(limits.idleMs ?? idleMaxMs));
      const result = await work(open);
      open.check();
      await this.#commit(client);
      client.release(await stop.wasSent());
      return result;
    } catch (error) {
      // A rollback that fails means that the connection is gone, and the transaction with it.
      const rolledBack = await execute('rollback').then(
        () => true,
        () => false,
      );
      client.release((await stop.wasSent()) || !rolledBack);
      throw error;
    }
  }

  async #commit(client: PoolClient): Promise<void> {
    const { command } = await client.query('commit').catch((error: unknown) => {
      throw this.#fault(error);
    });
    if (command === 'COMMIT') return;
    // Nobody saw the statement that failed: it was sent, and not waited for.
    const text = `the store ${this.name}: a statement of the transaction had failed, so it was rolled back`;
    throw new StoreError('RT_STORE_REFUSED', text, { retryable: false });
  }

  async exclusively(table: string, work: (sql: Sql, signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const client = await this.#connect();
    const execute = this.#executeOn(client);
    let isBusy = false;
    try {
      await execute(watchClient);
      const [answer] = await execute<{ mine: boolean }>(`select pg_try_advisory_lock(${advisoryKey(table)}) as mine`);
      isBusy = answer?.mine === false;
      if (isBusy) return false;
      const lost = new AbortController();
      client.on('error', () => lost.abort());
      // On the connection that has the lock: when the lock is lost, so is the right to write.
      try {
        await work(new SingleConnection(execute), lost.signal);
      } finally {
        // Closing the connection frees it too, but a moment later: who asks next would find it taken.
        if (!lost.signal.aborted) await execute(`select pg_advisory_unlock(${advisoryKey(table)})`).catch(() => []);
      }
      return true;
    } finally {
      // The lock ends with its session, whatever became of `work`.
      client.release(!isBusy);
    }
  }

  async close(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end();
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw this.#fault(error);
    }
  }

  /** What the pool says when nobody gives a connection back sounds as if the server were away. */
  #fault(error: unknown): Error {
    if (!(error instanceof Error && error.message === 'timeout exceeded when trying to connect')) {
      return storeFault(error, this.name);
    }
    const text = `the store ${this.name}: all ${this.#pool.totalCount} connections were in use for ${connectTimeoutMs} ms`;
    return new StoreError('RT_STORE_CONNECTION', text, { retryable: true, cause: error });
  }

  #executeOn(connection: Pool | PoolClient): Execute {
    return async <Row>(text: string, params: readonly unknown[] = []) => {
      try {
        // Without parameters pg sends several statements at once; with an empty list it would not.
        const { rows } = params.length === 0 ? await connection.query(text) : await connection.query(text, [...params]);
        return rows as readonly Row[];
      } catch (error) {
        throw this.#fault(error);
      }
    };
  }
}

/** The connection under an exclusive lock. */
class SingleConnection implements Sql {
  readonly inTransaction = false;
  readonly query: Execute;

  constructor(execute: Execute) {
    this.query = execute;
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const open = new OpenTransaction(this.query);
    await this.query(begin(idleMaxMs));
    try {
      const result = await work(open);
      open.check();
      await this.query('commit');
      return result;
    } catch (error) {
      await this.query('rollback').catch(() => {}); // The connection is gone: nothing is left to roll back.
      throw error;
    }
  }
}
