/** Durations and sizes that the schema has accepted, as numbers. */

import { InternalError } from '../core/errors.ts';
import { parseDuration, parseSize } from '../core/units.ts';

export function milliseconds(text: string): number {
  return accepted(parseDuration(text), text);
}

/** @param value a plain number counts bytes */
export function octets(value: string | number): number {
  return typeof value === 'number' ? value : accepted(parseSize(value), value);
}

function accepted(value: number | null, text: string): number {
  if (value !== null) return value;
  throw new InternalError('RT_INTERNAL', `the schema accepted ${text}, which has no value`, { retryable: false });
}
