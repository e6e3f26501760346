/**
 * Records on their way to Kafka, written in the transaction of what they tell about. A row is there until Kafka has
 * acknowledged its record: then, and only then, the relay removes it (`relay.ts`).
 *
 * Rows of one lane (one key of one topic) leave in the order of their ids. Ids are drawn when a row is written, so whoever
 * writes to one lane from two transactions at once has to order them. For aggregates the expected version does.
 */
import type { Clock } from '../core/clock.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { toRecord } from '../handler/envelope.ts';
import type { OutboundEvent } from '../handler/outbound-event.ts';
import type { Sql } from './sql.ts';

/** `$n` is what `outboxJson` makes; `condition` may add tables of the same statement to wait for. */
export function insertOutbox(n: number, condition = 'true'): string {
  return `insert into store_outbox (topic, lane, key, value, headers)
    select topic, lane, decode(key, 'base64'), decode(value, 'base64'), headers
    from json_to_recordset($${n}) as record(number integer, topic text, lane text, key text, value text, headers json)
    where ${condition} order by number`;
}

/** Bytes as base64: JSON has none. */
export function outboxJson(records: readonly OutboundRecord[]): string {
  return JSON.stringify(
    records.map(({ topic, key, value, headers }, number) => ({
      number,
      topic,
      lane: key === null ? topic : `${topic} ${base64(key)}`,
      key: base64(key),
      value: base64(value),
      headers: headers.map(([name, bytes]) => [name, base64(bytes)]),
    })),
  );
}

export interface Outbox {
  /**
   * Has events published after the transaction of `sql`, and only if it commits.
   * @throws TypeError when an event cannot be written, as `ctx.publish` does
   */
  add(sql: Sql, events: readonly OutboundEvent[]): Promise<void>;
  /** Records that are not acknowledged yet. */
  count(): Promise<number>;
}

/** @param newId makes a uuid */
export function createOutbox(database: Sql, clock: Clock, newId: () => string): Outbox {
  return {
    async add(sql, events) {
      const cause = { id: undefined, correlationId: undefined };
      const records = events.map((event) => toRecord(event, cause, clock.wallTime(), newId));
      await sql.query(insertOutbox(1), [outboxJson(records)]);
    },
    async count() {
      const [row] = await database.query<{ count: bigint }>('select count(*) as count from store_outbox');
      return Number(row?.count ?? 0);
    },
  };
}

/** A record that waits, with its place. */
export interface QueuedRecord {
  readonly id: bigint;
  readonly lane: string;
  readonly record: OutboundRecord;
}

/** The oldest rows, without those of lanes that have to wait. */
export async function readOutbox(
  sql: Sql,
  limit: number,
  waitingLanes: readonly string[],
): Promise<readonly QueuedRecord[]> {
  const rows = await sql.query<OutboxRow>(
    `select id, topic, lane, key, value, headers from store_outbox
     where lane <> all (array(select json_array_elements_text($2))) order by id limit $1`,
    [limit, JSON.stringify(waitingLanes)],
  );
  return rows.map(({ id, topic, lane, key, value, headers }) => ({
    id,
    lane,
    record: { topic, key, value, headers: headers.map(([name, bytes]) => [name, fromBase64(bytes)] as const) },
  }));
}

/** What Kafka has acknowledged. */
export async function removeFromOutbox(sql: Sql, ids: readonly bigint[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query('delete from store_outbox where id in (select json_array_elements_text($1)::bigint)', [
    JSON.stringify(ids.map(String)),
  ]);
}

interface OutboxRow {
  readonly id: bigint;
  readonly topic: string;
  readonly lane: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: string | null])[];
}

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('base64');
}

function fromBase64(text: string | null): Uint8Array | null {
  return text === null ? null : Buffer.from(text, 'base64');
}
