/** An event before and after it is stored, and as a row. The names are those of a handler's event (`handler/event.ts`). */
import { StoreError } from '../core/errors.ts';

/** Which aggregate: the unit of consistency and of order. */
export interface AggregateKey {
  /** Such as `Order`. */
  readonly type: string;
  /** Unique within its type. A uuid where services on eventsource-py read the events. */
  readonly id: string;
}

/** What happened before an event, and for whom. */
export interface EventContext {
  /** A fresh one, shared by the events of one append, when missing. */
  readonly correlationId?: string | undefined;
  /** Id of the event that led to this one. */
  readonly causationId?: string | undefined;
  readonly tenantId?: string | undefined;
  readonly actorId?: string | undefined;
}

export interface NewEvent<Data = unknown> extends EventContext {
  readonly type: string;
  /** A JSON object. */
  readonly data: Data;
  /** A uuid; a fresh one when missing. */
  readonly id?: string;
  /** Now, when missing. */
  readonly occurredAt?: Date;
}

export interface StoredEvent<Data = unknown> {
  /** Place in the order of all events: ascending, with gaps that are never filled. */
  readonly position: bigint;
  readonly id: string;
  readonly type: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  /** 1 for the first event of the aggregate, then without gaps. */
  readonly aggregateVersion: number;
  readonly occurredAt: Date;
  readonly correlationId: string;
  readonly causationId: string | undefined;
  readonly tenantId: string | undefined;
  readonly actorId: string | undefined;
  readonly data: Data;
}

/** An event that is complete and has no place yet. */
export type PlacedEvent = Omit<StoredEvent, 'position'>;

/** Columns of `store_events`. */
export interface EventRow {
  readonly position: bigint;
  readonly event_id: string;
  readonly event_type: string;
  readonly aggregate_type: string;
  readonly aggregate_id: string;
  readonly aggregate_version: number;
  readonly occurred_at: Date;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly tenant_id: string | null;
  readonly actor_id: string | null;
  readonly data: unknown;
}

/** All that `fromRow` needs. */
export const eventColumns =
  'position, event_id, event_type, aggregate_type, aggregate_id, aggregate_version, occurred_at, correlation_id, causation_id, tenant_id, actor_id, data';

export function fromRow(row: EventRow): StoredEvent {
  return {
    position: row.position,
    id: row.event_id,
    type: row.event_type,
    aggregateType: row.aggregate_type,
    aggregateId: row.aggregate_id,
    aggregateVersion: row.aggregate_version,
    occurredAt: row.occurred_at,
    correlationId: row.correlation_id,
    causationId: row.causation_id ?? undefined,
    tenantId: row.tenant_id ?? undefined,
    actorId: row.actor_id ?? undefined,
    data: row.data,
  };
}

/**
 * The same fields as `append.ts` reads them from JSON. `data` is JSON inside a text: what PostgreSQL unpacks itself must
 * not hold `\u0000`, and what it only keeps may.
 */
export function toRow(event: PlacedEvent) {
  return {
    event_id: event.id,
    event_type: event.type,
    aggregate_type: event.aggregateType,
    aggregate_id: event.aggregateId,
    aggregate_version: event.aggregateVersion,
    occurred_at: event.occurredAt.toISOString(),
    correlation_id: event.correlationId,
    causation_id: event.causationId ?? null,
    tenant_id: event.tenantId ?? null,
    actor_id: event.actorId ?? null,
    data: JSON.stringify(event.data),
  };
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Gives every event what it lacks, and its version.
 * @param expectedVersion of the aggregate before them @param now milliseconds since 1970 @param newId makes a uuid
 * @throws StoreError `RT_STORE_EVENT` that names the event and the field
 */
export function complete(
  aggregate: AggregateKey,
  events: readonly NewEvent[],
  expectedVersion: number,
  now: number,
  newId: () => string,
): readonly PlacedEvent[] {
  const correlationId = newId();
  return events.map((event, index) => {
    const wrong = (field: string, want: string, got: unknown): StoreError => {
      const found = `got ${typeof got} ${String(got).slice(0, 80)}`;
      const text = `append to ${aggregate.type} ${aggregate.id}: event ${index + 1} of ${events.length}: ${field}: want ${want}, ${found}`;
      return new StoreError('RT_STORE_EVENT', text, { retryable: false });
    };
    const { type, data, id = newId(), occurredAt = new Date(now) } = event;
    if (typeof type !== 'string' || type === '') throw wrong('type', 'the name of an event type', type);
    if (typeof data !== 'object' || data === null || Array.isArray(data)) throw wrong('data', 'an object', data);
    if (!uuid.test(id)) throw wrong('id', 'a uuid', id);
    if (Number.isNaN(occurredAt.getTime())) throw wrong('occurredAt', 'a valid Date', occurredAt);
    return {
      id: id.toLowerCase(),
      type,
      aggregateType: aggregate.type,
      aggregateId: aggregate.id,
      aggregateVersion: expectedVersion + index + 1,
      occurredAt,
      correlationId: event.correlationId ?? correlationId,
      causationId: event.causationId,
      tenantId: event.tenantId,
      actorId: event.actorId,
      data,
    };
  });
}
