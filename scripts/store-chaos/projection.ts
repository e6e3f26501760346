/**
 * The tables of the projection, in the user's own database. A row knows the version that it is at, and an event changes it
 * only when it is the next one: so a repeated event changes nothing, and one that comes too early is noticed.
 */
import type { Sql } from '../../runtime/store/index.ts';
import { type Booked, foldInSql } from './bookings.ts';

export interface ProjectedAccount {
  readonly id: string;
  readonly version: number;
  readonly balance: number;
  readonly checksum: number;
}

export async function createProjection(sql: Sql): Promise<void> {
  await sql.query(`create table projected_accounts (id text primary key, version integer not null,
    balance integer not null, checksum integer not null)`);
  await sql.query('create table early_events (id text, version integer, primary key (id, version))');
}

/** @returns `early` when events before it are missing: that must never be */
export async function project(sql: Sql, id: string, version: number, { amount }: Booked) {
  if (version === 1) {
    await sql.query(
      'insert into projected_accounts (id, version, balance, checksum) values ($1, 0, 0, 0) on conflict do nothing',
      [id],
    );
  }
  const changed = await sql.query(
    `update projected_accounts set ${foldInSql('$3::integer')} where id = $1 and version = $2 - 1 returning id`,
    [id, version, amount],
  );
  if (changed.length > 0) return 'applied';
  const [row] = await sql.query<{ version: number }>('select version from projected_accounts where id = $1', [id]);
  if (row !== undefined && row.version >= version) return 'repeated';
  await sql.query('insert into early_events (id, version) values ($1, $2) on conflict do nothing', [id, version]);
  return 'early';
}

/** How many events are in it. */
export async function projectedCount(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ count: bigint }>(
    'select coalesce(sum(version), 0)::int8 as count from projected_accounts',
  );
  return Number(row!.count);
}
