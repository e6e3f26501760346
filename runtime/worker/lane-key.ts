/**
 * Which lane a record belongs to: records of one lane are handled one after the other, in order. Keys are compared as
 * bytes (latin1 keeps them one to one), since two keys that are not valid UTF-8 would collide as text (R10).
 */

import { atPath } from '../core/json-path.ts';
import type { ConcurrencySettings, KeySource } from '../core/settings.ts';
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import { decodeJson } from './json-body.ts';

/** @returns the lane within the record's partition, null for a record that needs no order */
export type LaneKeyOf = (batch: RecordBatch, index: number) => string | null;

// A character that latin1 does not have and that no path value consists of alone: the lane of records without a key.
const nullKeyLane = '\u{10ffff}';

export function laneKeyOf(concurrency: ConcurrencySettings): LaneKeyOf {
  if (concurrency.order === 'none') return () => null;
  if (concurrency.order === 'partition') return () => '';
  const withoutKey = concurrency.nullKey === 'partition' ? nullKeyLane : null;
  const key = keyReader(concurrency.keyFrom);
  return (batch, index) => key(batch, index) ?? withoutKey;
}

/** @returns bytes as latin1, a value of JSON as it is; null where the record has none */
export function keyReader(from: KeySource): LaneKeyOf {
  switch (from.kind) {
    case 'key':
      return (batch, index) => batch.latin1KeyAt(index);
    case 'header': {
      const name = Buffer.from(from.name);
      return (batch, index) => batch.headerAt(index, name)?.toString('latin1') ?? null;
    }
    case 'path':
      return (batch, index) => valueAt(batch.valueAt(index), from.path);
    default:
      return from satisfies never;
  }
}

/** A body that does not decode has no key; its handler will find out. */
function valueAt(value: Buffer | null, path: readonly string[]): string | null {
  if (value === null) return null;
  let found: unknown;
  try {
    found = atPath(decodeJson(value), path);
  } catch {
    return null;
  }
  if (found === null || found === undefined) return null;
  return typeof found === 'string' ? found : JSON.stringify(found);
}
