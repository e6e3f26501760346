/**
 * Durations and sizes as people write them: a whole number and a unit, `250ms`, `30s`, `16KiB`, `8MB`.
 *
 * A number without a unit is no duration and no size, so that nobody has to remember whether 30 are seconds.
 * Inside the program both are plain numbers, in milliseconds and bytes, and the unit stands in the name.
 */

const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const sizeUnits = {
  B: 1,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_024 ** 2,
  GiB: 1_024 ** 3,
} as const;

/** For messages: what `parseDuration` accepts. */
export const acceptedDurations = 'a whole number followed by ms, s, m, h or d, such as 30s';

/** For messages: what `parseSize` accepts. */
export const acceptedSizes = 'a whole number followed by B, KB, MB, GB, KiB, MiB or GiB, such as 8MiB';

/** The form of a duration as a regular expression, for JSON Schema. */
export const durationPattern = `^[0-9]+(${Object.keys(durationUnits).join('|')})$`;

/** The form of a size as a regular expression, for JSON Schema. */
export const sizePattern = `^[0-9]+(${Object.keys(sizeUnits).join('|')})$`;

/** Milliseconds, or null when the text is not a duration or cannot be counted exactly. */
export function parseDuration(text: string): number | null {
  return count(text, durationPattern, durationUnits);
}

/** Bytes, or null when the text is not a size or cannot be counted exactly. */
export function parseSize(text: string): number | null {
  return count(text, sizePattern, sizeUnits);
}

function count(text: string, pattern: string, units: Readonly<Record<string, number>>): number | null {
  const unit = new RegExp(pattern).exec(text)?.[1];
  if (unit === undefined) return null;
  const total = Number(text.slice(0, -unit.length)) * units[unit]!;
  return Number.isSafeInteger(total) ? total : null;
}
