/** Ids that this broker hands out: topics, members, the cluster. Random comes from outside, so tests can repeat a run. */
import type { Random } from '../core/random.ts';

/** Place of `-` in the base64 alphabet. */
const dash = 62;

/** @returns a version 4 uuid as 32 hex digits, the form in which `protocol/` reads and writes topic ids */
export function newUuidHex(random: Random): string {
  const bytes = Buffer.alloc(16);
  do {
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256);
  } while (bytes[0]! >> 2 === dash); // printed in base64 it would look like an option of a command line
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex');
}

/** @returns the same in the form with dashes, which member ids end in */
export function newUuid(random: Random): string {
  const hex = newUuidHex(random);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** @returns 22 characters of URL-safe base64, the form of cluster ids and printed topic ids */
export function newShortUuid(random: Random): string {
  return Buffer.from(newUuidHex(random), 'hex').toString('base64url');
}
