/** A place in topics as people name it (`--from`, `--to`): an end, a time, or an offset. */

export type OffsetPoint =
  | { readonly kind: 'earliest' | 'latest' }
  /** The first record that is not older. Milliseconds since 1970. */
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'offset'; readonly offset: number };

/** For messages. */
export const acceptedPoints = 'earliest, latest, a time such as 2026-11-21T12:00:00Z, or an offset from 0';

const timePattern = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/;

/** @returns null for anything else than `acceptedPoints`; a date without a time is its midnight in UTC */
export function parseOffsetPoint(text: string): OffsetPoint | null {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  if (/^\d{1,16}$/.test(text)) {
    const offset = Number(text);
    return Number.isSafeInteger(offset) ? { kind: 'offset', offset } : null;
  }
  const timeMs = timePattern.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? null : { kind: 'time', timeMs };
}
