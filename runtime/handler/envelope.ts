/**
 * How an event is written to Kafka, and what its headers are called: the wire form of eventsource-py 0.15, so that
 * Python and TypeScript services share topics (S-10).
 *
 *   headers  event_id, event_type, aggregate_id, aggregate_type, aggregate_version, occurred_at, correlation_id,
 *            then, only if set, tenant_id, causation_id, actor_id
 *   value    compact JSON: the envelope's fields, then the event's own
 *   key      the aggregate id
 */
import type { OutboundRecord, RawHeader } from '../core/thread-messages.ts';
import type { OutboundEvent } from './outbound-event.ts';

/** What an event inherits from the one whose handler publishes it. */
export interface Cause {
  readonly id: string | undefined;
  readonly correlationId: string | undefined;
}

/** Partition numbers are int32. */
const partitionMax = 0x7fffffff;

/** Header names, one list for reading and writing. */
export const envelopeHeaders = {
  id: 'event_id',
  type: 'event_type',
  aggregateId: 'aggregate_id',
  aggregateType: 'aggregate_type',
  aggregateVersion: 'aggregate_version',
  occurredAt: 'occurred_at',
  correlationId: 'correlation_id',
  tenantId: 'tenant_id',
  causationId: 'causation_id',
  actorId: 'actor_id',
  replayCount: 'dlq_replay_count',
} as const;

/**
 * @param now milliseconds since 1970 @param newId makes a uuid
 * @throws TypeError when the event cannot be written; the message names the field
 */
export function toRecord(event: OutboundEvent, cause: Cause, now: number, newId: () => string): OutboundRecord {
  check(event);
  const occurredAt = event.occurredAt ?? new Date(now);
  const envelope = {
    id: event.id ?? newId(),
    version: event.aggregateVersion ?? 1,
    occurredAt: isoSeconds(occurredAt),
    correlationId: event.correlationId ?? cause.correlationId ?? newId(),
    causationId: event.causationId ?? cause.id,
  };
  const headers = headersOf([
    [envelopeHeaders.id, envelope.id],
    [envelopeHeaders.type, event.type],
    [envelopeHeaders.aggregateId, event.aggregateId],
    [envelopeHeaders.aggregateType, event.aggregateType],
    [envelopeHeaders.aggregateVersion, String(envelope.version)],
    [envelopeHeaders.occurredAt, `${envelope.occurredAt}+00:00`],
    [envelopeHeaders.correlationId, envelope.correlationId],
    [envelopeHeaders.tenantId, event.tenantId],
    [envelopeHeaders.causationId, envelope.causationId],
    [envelopeHeaders.actorId, event.actorId],
    ...Object.entries(event.headers ?? {}),
  ]);
  const key = event.key === undefined ? (event.aggregateId ?? null) : event.key;
  return {
    topic: event.topic,
    key: key === null ? null : Buffer.from(key),
    value: event.data === null ? null : Buffer.from(json(body(event, envelope))),
    headers,
    ...(event.partition !== undefined && { partition: event.partition }),
    ...(event.timestamp !== undefined && { timestamp: event.timestamp.getTime() }),
  };
}

interface Envelope {
  readonly id: string;
  readonly version: number;
  readonly occurredAt: string;
  readonly correlationId: string;
  readonly causationId: string | undefined;
}

/**
 * The envelope wins over own fields of the same name: a handler that passes `event.data` on would otherwise write the
 * id of the event it read.
 */
function body(event: OutboundEvent, envelope: Envelope): Record<string, unknown> {
  const { event_version, metadata, ...own } = event.data as Record<string, unknown>;
  const fields = {
    event_id: envelope.id,
    event_type: event.type,
    event_version: event_version ?? 1,
    occurred_at: `${envelope.occurredAt}Z`,
    aggregate_id: event.aggregateId,
    aggregate_type: event.aggregateType,
    aggregate_version: envelope.version,
    tenant_id: event.tenantId ?? null,
    actor_id: event.actorId ?? null,
    correlation_id: envelope.correlationId,
    causation_id: envelope.causationId ?? null,
    metadata: metadata ?? {},
  };
  return { ...fields, ...own, ...fields };
}

function json(fields: Record<string, unknown>): string {
  try {
    return JSON.stringify(fields);
  } catch (error) {
    throw new TypeError(`publish: data: cannot be written as JSON: ${String(error).slice(0, 200)}`, { cause: error });
  }
}

/** Without a fraction when it is zero, else with six digits, and without a zone: the body and the header differ there. */
function isoSeconds(time: Date): string {
  const text = time.toISOString();
  return text.endsWith('.000Z') ? text.slice(0, -5) : `${text.slice(0, -1)}000`;
}

function headersOf(entries: readonly (readonly [string, string | Uint8Array | undefined])[]): RawHeader[] {
  const headers: RawHeader[] = [];
  for (const [name, value] of entries) {
    if (value !== undefined) headers.push([name, typeof value === 'string' ? Buffer.from(value) : value]);
  }
  return headers;
}

function check(event: OutboundEvent): void {
  const { topic, type, data, key, partition, aggregateVersion, occurredAt, timestamp } = event;
  if (typeof topic !== 'string' || topic === '') throw wrong('topic', 'the name of a topic', topic);
  if (typeof type !== 'string' || type === '') throw wrong('type', 'the name of an event type', type);
  if (typeof data !== 'object' || Array.isArray(data)) throw wrong('data', 'an object, or null for a tombstone', data);
  if (aggregateVersion !== undefined && !(Number.isSafeInteger(aggregateVersion) && aggregateVersion >= 1)) {
    throw wrong('aggregateVersion', 'a whole number from 1', aggregateVersion);
  }
  if (key !== undefined && key !== null && typeof key !== 'string')
    throw wrong('key', 'a text, or null for no key', key);
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0 && partition <= partitionMax)) {
    throw wrong('partition', 'a whole number from 0', partition);
  }
  if (occurredAt !== undefined && !isTime(occurredAt)) throw wrong('occurredAt', 'a valid Date', occurredAt);
  if (timestamp !== undefined && !(isTime(timestamp) && timestamp.getTime() >= 0)) {
    throw wrong('timestamp', 'a valid Date from 1970 on', timestamp);
  }
  if (event.headers !== undefined) checkHeaders(event.headers);
}

function checkHeaders(headers: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(headers)) {
    const fine = value === undefined || typeof value === 'string' || value instanceof Uint8Array;
    if (!fine) throw wrong(`headers.${name}`, 'a text or bytes', value);
  }
}

function isTime(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function wrong(field: string, expected: string, found: unknown): TypeError {
  return new TypeError(`publish: ${field}: expected ${expected}, got ${typeof found} ${String(found).slice(0, 80)}`);
}
