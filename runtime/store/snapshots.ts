/** The latest state of each aggregate, kept so that not all of its events have to be read. Always safe to delete. */
import { StoreError } from '../core/errors.ts';
import type { Sql } from './sql.ts';
import type { AggregateKey } from './stored-event.ts';

export interface Snapshot {
  /** Of the aggregate, with this state. */
  readonly version: number;
  /** As JSON. */
  readonly state: string;
}

/** @throws StoreError `RT_STORE_EVENT` when the state is no JSON */
export function snapshotText(aggregate: AggregateKey, state: unknown): string {
  let text: string | undefined;
  let fault = `got ${typeof state}`;
  try {
    text = JSON.stringify(state);
  } catch (error) {
    // A bigint, a circle, a `toJSON` that throws.
    fault = error instanceof Error ? error.message : String(error);
  }
  if (text !== undefined) return text;
  const message = `snapshot of ${aggregate.type} ${aggregate.id}: want a state that JSON can hold: ${fault}`;
  throw new StoreError('RT_STORE_EVENT', message, { retryable: false });
}

/**
 * An older version, or one of an older shape, does not replace a newer one: writers may come in any order.
 * @param shape number of the state's form; a program reads only its own, see `loadSnapshot`
 */
export async function saveSnapshot(
  sql: Sql,
  aggregate: AggregateKey,
  snapshot: Snapshot,
  shape: number,
): Promise<void> {
  await sql.query(
    `insert into store_snapshots as kept (aggregate_type, aggregate_id, aggregate_version, shape, state)
     values ($1, $2, $3, $4, $5)
     on conflict (aggregate_type, aggregate_id) do update
       set aggregate_version = excluded.aggregate_version, shape = excluded.shape, state = excluded.state, stored_at = now()
       where (kept.shape, kept.aggregate_version) < (excluded.shape, excluded.aggregate_version)`,
    [aggregate.type, aggregate.id, snapshot.version, shape, snapshot.state],
  );
}

/** @returns null when there is none of this shape: the events have it all */
export async function loadSnapshot(sql: Sql, aggregate: AggregateKey, shape: number): Promise<Snapshot | null> {
  const [row] = await sql.query<{ aggregate_version: number; state: string }>(
    `select aggregate_version, state::text as state from store_snapshots
     where aggregate_type = $1 and aggregate_id = $2 and shape = $3`,
    [aggregate.type, aggregate.id, shape],
  );
  return row === undefined ? null : { version: row.aggregate_version, state: row.state };
}
