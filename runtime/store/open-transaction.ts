/**
 * A transaction as the code inside sees it: statements, and parts that may fail alone.
 *
 *   open ──a statement fails──▶ failed ──its part is rolled back──▶ open
 *
 * PostgreSQL answers `commit` in the state `failed` with a rollback and no error. So whoever commits asks `check` first.
 * Who begins and ends the transaction is the adapter's.
 */
import type { Sql } from './sql.ts';

export type Execute = <Row>(text: string, params?: readonly unknown[]) => Promise<readonly Row[]>;

export class OpenTransaction implements Sql {
  readonly inTransaction = true;
  readonly #execute: Execute;
  /** Of the first statement that failed in this state; null while all is well. */
  #failure: { readonly error: unknown } | null = null;
  #depth = 0;

  /** @param execute throws StoreErrors only */
  constructor(execute: Execute) {
    this.#execute = execute;
  }

  async query<Row>(text: string, params: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      return await this.#execute<Row>(text, params);
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    }
  }

  async transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const savepoint = `part_${++this.#depth}`;
    try {
      await this.query(`savepoint ${savepoint}`);
      const result = await work(this);
      this.check();
      await this.query(`release savepoint ${savepoint}`);
      return result;
    } catch (error) {
      await this.#rollBackTo(savepoint);
      throw error;
    } finally {
      this.#depth--;
    }
  }

  /** @throws what a statement failed with: there is nothing left to commit */
  check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  async #rollBackTo(savepoint: string): Promise<void> {
    try {
      await this.#execute(`rollback to savepoint ${savepoint}`);
      this.#failure = null;
    } catch (error) {
      // The connection is gone, or the savepoint was never made: the whole transaction is over, and says so when it ends.
      this.#failure ??= { error };
    }
  }
}
