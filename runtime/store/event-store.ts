/** The event store as its users see it: append to an aggregate, read one, read all. */
import type { Clock } from '../core/clock.ts';
import { toRecord } from '../handler/envelope.ts';
import type { OutboundEvent } from '../handler/outbound-event.ts';
import { append } from './append.ts';
import { settledPosition } from './global-order.ts';
import type { Sql } from './sql.ts';
import {
  type AggregateKey,
  complete,
  type EventRow,
  eventColumns,
  fromRow,
  type NewEvent,
  type PlacedEvent,
  type StoredEvent,
} from './stored-event.ts';

export interface AppendOptions {
  /** Version that the aggregate must be at; 0 when it must not exist. */
  readonly expectedVersion: number;
  /** Also publishes the events to this topic, with the aggregate's id as key, through the outbox. Not, when missing. */
  readonly topic?: string;
}

export interface ReadAllOptions {
  /** Most events of a page. Default 500. */
  readonly limit?: number;
  /** Ends the wait for appends that are not committed. */
  readonly signal?: AbortSignal;
}

const pageLimit = 500;
const noCause = { id: undefined, correlationId: undefined };

export class EventStore {
  readonly #sql: Sql;
  readonly #clock: Clock;
  readonly #newId: () => string;

  /** @param newId makes a uuid */
  constructor(sql: Sql, clock: Clock, newId: () => string) {
    this.#sql = sql;
    this.#clock = clock;
    this.#newId = newId;
  }

  /** The same store as part of a transaction. Appending comes last there: `readAll` waits for the commit. */
  within(transaction: Sql): EventStore {
    return new EventStore(transaction, this.#clock, this.#newId);
  }

  /**
   * Stores all events or none.
   * @returns them as stored, in order
   * @throws ConcurrencyError when the aggregate is at another version
   * @throws StoreError `RT_STORE_EVENT` when an event cannot be stored as it is
   */
  async append(
    aggregate: AggregateKey,
    events: readonly NewEvent[],
    { expectedVersion, topic }: AppendOptions,
  ): Promise<readonly StoredEvent[]> {
    if (events.length === 0) return [];
    const placed = complete(aggregate, events, expectedVersion, this.#clock.wallTime(), this.#newId);
    const toWrite = topic === undefined ? [] : placed.map((event) => outbound(event, topic));
    // Nothing is missing in these events, so nothing is taken from a cause, the clock or `newId`.
    const records = toWrite.map((event) => toRecord(event, noCause, this.#clock.wallTime(), this.#newId));
    const positions = await append(this.#sql, aggregate, placed, expectedVersion, records);
    if (positions === null) return this.load(aggregate, expectedVersion + 1, events.length);
    return placed.map((event, index) => ({ ...event, position: positions[index]! }));
  }

  /**
   * Events of one aggregate in order; none when it does not exist.
   * @param fromVersion the first one wanted @param limit most events, for aggregates with very many
   */
  async load(aggregate: AggregateKey, fromVersion = 1, limit?: number): Promise<readonly StoredEvent[]> {
    const rows = await this.#sql.query<EventRow>(
      `select ${eventColumns} from store_events
       where aggregate_type = $1 and aggregate_id = $2 and aggregate_version >= $3 order by aggregate_version limit $4`,
      [aggregate.type, aggregate.id, fromVersion, limit ?? null],
    );
    return rows.map(fromRow);
  }

  /**
   * A page of all events, in one order for everybody. To go on, give the position of the last one; an empty page means
   * that there are no more for now. What is committed later comes behind, never between: so it waits for appends that
   * have begun and are not committed.
   * @param after position before the first one wanted; 0n: from the beginning
   * @throws StoreError inside a transaction, and what `signal` was aborted with
   */
  async readAll(after = 0n, { limit = pageLimit, signal }: ReadAllOptions = {}): Promise<readonly StoredEvent[]> {
    const last = await settledPosition(this.#sql, after, this.#clock, signal);
    if (last <= after) return [];
    const rows = await this.#sql.query<EventRow>(
      `select ${eventColumns} from store_events where position > $1 and position <= $2 order by position limit $3`,
      [after, last, limit],
    );
    return rows.map(fromRow);
  }
}

/** As `ctx.publish` would write it: the key is the aggregate's id, the headers and the body have the whole envelope. */
function outbound(event: PlacedEvent, topic: string): OutboundEvent {
  const { causationId, tenantId, actorId, ...rest } = event;
  return {
    ...rest,
    topic,
    ...(causationId !== undefined && { causationId }),
    ...(tenantId !== undefined && { tenantId }),
    ...(actorId !== undefined && { actorId }),
  };
}
