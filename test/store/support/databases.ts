/** The same tests on PGlite, always, and on PostgreSQL, where there is one: of the database alone, as the runtime opens it. */
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { migrate } from '../../../runtime/store/migrate.ts';
import { openDatabase } from '../../../runtime/store/open-store.ts';
import { shareDatabase } from '../../../runtime/store/share-database.ts';
import type { Database } from '../../../runtime/store/sql.ts';
import { realPostgres } from '../../real/support/real-postgres.ts';

const postgres = await realPostgres();

export interface DatabaseUnderTest {
  readonly url: string;
  /** Of this thread; with `execution: inline` handlers use the same embedded one. Its tables are there. */
  readonly sql: Database;
}

/** One database per block; the table `effects` is empty before each test. */
export function describeDatabases(name: string, tests: (under: DatabaseUnderTest) => void): void {
  describe(`${name}, on PGlite`, () => onDatabase(async () => ({ url: 'pglite:memory', drop: async () => {} }), tests));
  describePostgres(name, tests);
}

export function describePostgres(name: string, tests: (under: DatabaseUnderTest) => void): void {
  describe.skipIf(postgres.missing)(`${name}, on PostgreSQL`, () => onDatabase(postgres.createDatabase, tests));
}

/** Resolves with the names in `effects`, sorted: what handlers of a test have written. */
export async function effects(sql: Database): Promise<readonly string[]> {
  const rows = await sql.query<{ name: string }>('select name from effects order by name');
  return rows.map(({ name }) => name);
}

async function withTables(url: string): Promise<void> {
  const database = await openDatabase(url);
  await migrate(database);
  await database.close();
}

function onDatabase(
  create: () => Promise<{ url: string; drop(): Promise<void> }>,
  tests: (under: DatabaseUnderTest) => void,
): void {
  let open: { readonly url: string; readonly sql: Database; close(): Promise<void> } | undefined;
  beforeAll(async () => {
    const { url, drop } = await create();
    if (url.startsWith('postgres')) await withTables(url);
    const sql = await shareDatabase(url, 4);
    await sql.query('create table effects (name text not null)');
    const close = async (): Promise<void> => {
      await sql.close();
      await drop();
    };
    open = { url, sql, close };
  });
  beforeEach(async () => void (await open!.sql.query('delete from effects')));
  afterAll(() => open?.close());
  tests({
    get url() {
      return open!.url;
    },
    get sql() {
      return open!.sql;
    },
  });
}
