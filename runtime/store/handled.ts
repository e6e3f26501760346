/**
 * Marks of records that were handled (`dedupe.store: sql`). A mark is made in the transaction of the handler's effect:
 *
 *   begin ─▶ mark ──is new──▶ the handler's statements ─▶ commit       both are there, or none
 *                └──is there─▶ rollback, passed over
 *
 * While another transaction that has made the same mark is under way, PostgreSQL lets the second one wait: when the first
 * one commits, the mark is there; when it rolls back, the second one makes it.
 *
 * A mark belongs to group, handler and id: another group, or another module of the same one, has an effect of its own.
 */
import type { Sql } from './sql.ts';

export interface Mark {
  readonly group: string;
  /** Name of the handler's module. */
  readonly handler: string;
  /** Printable characters, at most 200 of them. */
  readonly id: string;
}

/** @returns false when it is there already @throws StoreError */
export async function markHandled(sql: Sql, { group, handler, id }: Mark): Promise<boolean> {
  const made = await sql.query(
    `insert into store_handled (group_name, handler, record_id) values ($1, $2, $3)
     on conflict do nothing returning 1 as made`,
    [group, handler, id],
  );
  return made.length > 0;
}

/** Removes marks older than `ttlMs`, the oldest first. @param most of one call @returns how many there were */
export async function forgetHandled(sql: Sql, group: string, ttlMs: number, most: number): Promise<number> {
  const removed = await sql.query(
    `delete from store_handled where ctid in (
       select ctid from store_handled
       where group_name = $1 and handled_at < now() - $2 * interval '1 millisecond'
       order by handled_at limit $3 for update skip locked
     ) returning 1 as removed`,
    [group, ttlMs, most],
  );
  return removed.length;
}
