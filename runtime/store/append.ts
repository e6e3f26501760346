/**
 * Appends events to one aggregate: version check, events and outbox in one statement, so in one transaction and one round
 * trip. An aggregate's versions are 1, 2, 3, …: the next one needs the one before, which has to be committed, and a unique
 * index lets only one writer have it. Who comes second waits for the first to commit, and is told of the conflict. (That the
 * next version is not there is asked as well: a statement that fails costs more than one that does nothing.)
 *
 * Positions in the order of all events come from a sequence, drawn under a shared lock that lasts to the commit: so
 * readers know who may still fill a gap (`global-order.ts`), and writers never wait for one another.
 */
import { StoreError } from '../core/errors.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { ConcurrencyError } from './concurrency-error.ts';
import { insertOutbox, outboxJson } from './outbox.ts';
import { advisoryKey, type Sql } from './sql.ts';
import { brokenConstraint } from './sql-faults.ts';
import { type AggregateKey, type PlacedEvent, toRow } from './stored-event.ts';

/**
 * $1 events, $2 expected version, $3 and $4 the aggregate, $5 outbox. Numbers are drawn for sorted rows, and a row is made
 * after the lock is taken, since `announced` is a part of it.
 */
const statement = `
  with announced as materialized (select pg_advisory_xact_lock_shared(${advisoryKey('store_events')})),
  added as (
    insert into store_events (event_id, event_type, aggregate_type, aggregate_id, aggregate_version, occurred_at,
                              correlation_id, causation_id, tenant_id, actor_id, data)
    select event_id, event_type, aggregate_type, aggregate_id, aggregate_version, occurred_at,
           correlation_id, causation_id, tenant_id, actor_id, data::json
    from announced, json_to_recordset($1) as event(
      event_id uuid, event_type text, aggregate_type text, aggregate_id text, aggregate_version integer,
      occurred_at timestamptz, correlation_id text, causation_id text, tenant_id text, actor_id text, data text)
    where ($2::integer = 0 or exists (${eventOfVersion('$2::integer')}))
      and not exists (${eventOfVersion('$2::integer + 1')})
    order by aggregate_version
    returning position
  ),
  queued as (${insertOutbox(5, 'exists (select from added)')})
  select position from added order by position`;

function eventOfVersion(version: string): string {
  return `select from store_events where aggregate_type = $3 and aggregate_id = $4 and aggregate_version = ${version}`;
}

/** PostgreSQL's `integer`. */
const versionMax = 2_147_483_647;

/**
 * @param events complete, with versions from `expectedVersion + 1` on; at least one
 * @param records what to publish of them, in their order
 * @returns the position of each event; null when they are there already, with the same ids in the same places: the answer
 *   to an earlier attempt was lost
 * @throws ConcurrencyError when the aggregate is not at `expectedVersion`
 */
export async function append(
  sql: Sql,
  aggregate: AggregateKey,
  events: readonly PlacedEvent[],
  expectedVersion: number,
  records: readonly OutboundRecord[],
): Promise<readonly bigint[] | null> {
  if (!Number.isInteger(expectedVersion) || expectedVersion < 0 || expectedVersion + events.length > versionMax) {
    const text = `append to ${aggregate.type} ${aggregate.id}: expectedVersion: want a whole number from 0, got ${expectedVersion}`;
    throw new StoreError('RT_STORE_EVENT', text, { retryable: false });
  }
  const rows = JSON.stringify(events.map(toRow));
  const params = [rows, expectedVersion, aggregate.type, aggregate.id, outboxJson(records)];
  const insert = (on: Sql) => on.query<{ position: bigint }>(statement, params);
  try {
    // A statement alone is a transaction; inside one it needs a part of its own, or its failure would take the rest along.
    const added = sql.inTransaction ? await sql.transaction(insert) : await insert(sql);
    if (added.length > 0) return added.map(({ position }) => position);
  } catch (error) {
    if (brokenConstraint(error)?.startsWith('store_events_') !== true) throw error;
  }
  await judgeConflict(sql, aggregate, events, expectedVersion);
  return null;
}

/** Returns when the events are there already. */
async function judgeConflict(
  sql: Sql,
  aggregate: AggregateKey,
  events: readonly PlacedEvent[],
  expectedVersion: number,
): Promise<void> {
  const key = [aggregate.type, aggregate.id];
  const [last] = await sql.query<{ version: number | null }>(
    'select max(aggregate_version) as version from store_events where aggregate_type = $1 and aggregate_id = $2',
    key,
  );
  const found = last?.version ?? 0;
  if (found === expectedVersion) {
    const ids = events.map(({ id }) => id).join(', ');
    const text = `append to ${aggregate.type} ${aggregate.id}: an event with one of these ids is stored already: ${ids}`;
    throw new StoreError('RT_STORE_EVENT', text, { retryable: false });
  }
  const there = await sql.query<{ event_id: string }>(
    `select event_id from store_events
     where aggregate_type = $1 and aggregate_id = $2 and aggregate_version > $3 order by aggregate_version limit $4`,
    [...key, expectedVersion, events.length],
  );
  const isRepeated = there.length === events.length && events.every(({ id }, index) => there[index]?.event_id === id);
  if (!isRepeated) throw new ConcurrencyError(aggregate, expectedVersion, found);
}
