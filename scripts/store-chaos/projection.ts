/**
 * The tables of the projection, in the user's own database. A handler writes them through `ctx.tx`, in the transaction that
 * also keeps that the event was handled: so an event that comes again is not applied again, and a row may simply be counted
 * up. That it is at the version before is looked at as well: an event that comes too early, or twice, would be noticed.
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
  await sql.query('create table misplaced_events (id text, version integer)');
}

/** An event that is not the next one is applied all the same: whatever it costs is there to be seen. */
export async function project(tx: Pick<Sql, 'query'>, id: string, version: number, { amount }: Booked): Promise<void> {
  await tx.query(
    'insert into projected_accounts (id, version, balance, checksum) values ($1, 0, 0, 0) on conflict do nothing',
    [id],
  );
  const [row] = await tx.query<{ version: number }>(
    `update projected_accounts set ${foldInSql('$2::integer')} where id = $1 returning version`,
    [id, amount],
  );
  if (row!.version !== version) await tx.query('insert into misplaced_events values ($1, $2)', [id, version]);
}

/** How many events are in it. */
export async function projectedCount(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ count: bigint }>(
    'select coalesce(sum(version), 0)::int8 as count from projected_accounts',
  );
  return Number(row!.count);
}
