/**
 * Change events as Debezium writes them with Kafka Connect's JSON converter (row S-110), with or without the schema
 * beside the payload (`schemas.enable`):
 *
 *   value  { before, after, op, source, ts_ms }           or  { schema, payload: { before, after, op, … } }
 *   key    { id: 1001 }                                   or  { schema, payload: { id: 1001 } }
 *   null   the tombstone that follows a delete, for log compaction (P-31)
 *
 * An event's type is `<table>.<op>`, such as `orders.c`; its data is the payload. Changes that a transformation has
 * flattened (ExtractNewRecordState) are not of this format.
 */
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import type { Shape } from './event-shapes.ts';
import { decodeJson } from './json-body.ts';
import type { TypeReader } from './type-reader.ts';

/** The value is JSON, and no change event. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
}

interface Change {
  readonly op: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly source?: unknown;
}

/** What has a row afterwards: create, update, read (of a snapshot). The others: delete, truncate, message. */
const withRow: readonly string[] = ['c', 'u', 'r'];
const withoutRow: readonly string[] = ['d', 't', 'm'];
const tombstone = '.tombstone';

/** Handlers of tombstones ask for them by this type: `'*'` does not take them. */
export function isTombstoneType(type: string): boolean {
  return type.endsWith(tombstone);
}

/** @throws DecodeError where the value is no JSON, EnvelopeError where it is no change event */
export const readChangeType: TypeReader = (batch: RecordBatch, index: number, topic: string) => {
  const value = batch.valueAt(index);
  // Nothing but the topic says what it belongs to.
  if (value === null) return lastPart(topic) + tombstone;
  const { op, source } = changeIn(decodeJson(value));
  return `${tableOf(source) ?? lastPart(topic)}.${op}`;
};

/** @returns what handlers get as `data` and `key` @param inner what the payload goes through besides, by its type */
export function changeShape(inner: Shape | null): Shape {
  const shape = (data: unknown): unknown => {
    const change = changeIn(data);
    return inner === null ? change : inner(change);
  };
  return Object.assign(shape, { key: bareKey });
}

/** @throws EnvelopeError */
function changeIn(data: unknown): Change {
  const change = isMap(data) && 'schema' in data && 'payload' in data ? data.payload : data;
  const want = 'want { before, after, op, source }, as the JSON converter writes it, with or without its schema';
  if (!isMap(change)) throw new EnvelopeError(`no change event of Debezium: the payload is ${kindOf(change)}; ${want}`);
  const { op, before, after } = change;
  if (op === undefined) {
    const hint = 'changes flattened by ExtractNewRecordState are plain JSON: leave format out for them';
    throw new EnvelopeError(`no change event of Debezium: it has no op; ${want}; ${hint}`);
  }
  if (typeof op !== 'string' || !(withRow.includes(op) || withoutRow.includes(op))) {
    throw new EnvelopeError(`no change event of Debezium: op is ${shown(op)}; want c, u, d, r, t or m`);
  }
  if (withRow.includes(op) && !isMap(after)) {
    throw new EnvelopeError(`no change event of Debezium: after is ${kindOf(after)} with op ${op}; want the row`);
  }
  if (before !== undefined && before !== null && !isMap(before)) {
    throw new EnvelopeError(`no change event of Debezium: before is ${kindOf(before)}; want the row, or null`);
  }
  return change as unknown as Change;
}

/** MongoDB's connector calls it a collection. */
function tableOf(source: unknown): string | null {
  if (!isMap(source)) return null;
  const table = source.table ?? source.collection;
  return typeof table === 'string' && table !== '' ? table : null;
}

/** Topics are called `<prefix>.<schema>.<table>`. */
function lastPart(topic: string): string {
  return topic.slice(topic.lastIndexOf('.') + 1);
}

/** The key without its schema; a key that is not of this form stays as it is. */
function bareKey(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const key: unknown = JSON.parse(text);
    return isMap(key) && 'schema' in key && 'payload' in key ? JSON.stringify(key.payload) : text;
  } catch {
    return text;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'missing';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 40);
}
