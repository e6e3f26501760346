/**
 * Brings the tables of a store to the version that this program knows, and says when they are at another one.
 *
 *   found      0        below the known      the known      above the known
 *   migrate    all      the missing          nothing        refuses: a newer program has been here
 *   check      refuses  refuses              passes         refuses
 *
 * Everything happens in one transaction under an advisory lock: a second run finds nothing to do, two processes at once
 * wait for one another, and one that dies in the middle leaves nothing behind.
 */
import { StoreError } from '../core/errors.ts';
import { type Migration, migrations } from './migrations.ts';
import { type Database, migrationKey, type Sql } from './sql.ts';

export interface Migrated {
  /** Version of the tables before; 0 when there were none. */
  readonly from: number;
  readonly to: number;
  /** In the order of their versions. */
  readonly applied: readonly Migration[];
}

/** @param known what this program knows, versions from 1 without gaps @throws StoreError when the tables are newer */
export async function migrate(database: Database, known: readonly Migration[] = migrations): Promise<Migrated> {
  return database.transaction(async (sql) => {
    await sql.query(`select pg_advisory_xact_lock(${migrationKey})`);
    const from = await schemaVersion(sql);
    const plan = planFrom(from, database, known);
    if (from === 0) await createVersions(sql);
    for (const { version, name, statements } of plan.applied) {
      for (const statement of statements) await sql.query(statement);
      await sql.query('insert into store_migrations (version, name) values ($1, $2)', [version, name]);
    }
    return plan;
  });
}

/** What `migrate` does where there is no store yet. */
export const newTables: Migrated = { from: 0, to: migrations.at(-1)?.version ?? 0, applied: migrations };

/** What `migrate` would do; changes nothing. @throws StoreError when the tables are newer */
export async function planMigration(database: Database, known: readonly Migration[] = migrations): Promise<Migrated> {
  return planFrom(await schemaVersion(database), database, known);
}

/** @throws StoreError when the tables are not at the version of this program, with what to do */
export async function checkSchema(database: Database): Promise<void> {
  const { from, to } = await planMigration(database);
  if (from === to) return;
  const found = from === 0 ? 'has no tables yet' : `is at version ${from}, and this program needs version ${to}`;
  const text = `the store ${database.name} ${found}: run \`runtime store migrate <manifest>\``;
  throw new StoreError('RT_STORE_SCHEMA', text, { retryable: false });
}

function planFrom(from: number, database: Database, known: readonly Migration[]): Migrated {
  const to = known.at(-1)?.version ?? 0;
  if (from > to) {
    const text = `the store ${database.name} is at version ${from}, and this program knows up to version ${to}: run the newer program that has migrated it`;
    throw new StoreError('RT_STORE_SCHEMA', text, { retryable: false });
  }
  return { from, to, applied: known.filter(({ version }) => version > from) };
}

/** 0 when the store has no tables. */
async function schemaVersion(sql: Sql): Promise<number> {
  const [table] = await sql.query<{ found: boolean }>(`select to_regclass('store_migrations') is not null as found`);
  if (table?.found !== true) return 0;
  const [row] = await sql.query<{ version: number | null }>('select max(version) as version from store_migrations');
  return row?.version ?? 0;
}

async function createVersions(sql: Sql): Promise<void> {
  await sql.query(
    `create table if not exists store_migrations (
       version     integer primary key,
       name        text not null,
       applied_at  timestamptz not null default now()
     )`,
  );
}
