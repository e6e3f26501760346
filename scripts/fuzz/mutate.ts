/**
 * Breaks bytes the way networks, disks and other programs do: flipped bits, numbers at their limits where a length or a
 * count may stand, parts that are cut, doubled, moved or swapped for another input's.
 */
import type { Random } from '../../runtime/core/random.ts';
import { noise, pick, whole } from './choose.ts';

/** Lengths and counts that programs get wrong. */
const limits = [0, 1, -1, 2, 127, 128, 255, 256, 32_767, -32_768, 65_535, 2 ** 31 - 1, -(2 ** 31), 2 ** 24, 1_000_000];
/** Varints of all lengths, among them one that never ends. */
const varints = [
  '00',
  '01',
  '7f',
  '80',
  'ff',
  'ffffffff0f',
  'ffffffff07',
  'ffffffffffffffffff01',
  'ffffffffffffffffffff',
];

/** @param others inputs of the same kind, to take parts from @returns a copy with 1 to 4 mutations */
export function mutate(random: Random, bytes: Buffer, others: readonly Buffer[]): Buffer {
  let mutated = Buffer.from(bytes);
  for (let left = 1 + whole(random, 4); left > 0; left--) mutated = mutateOnce(random, mutated, others);
  return mutated;
}

function mutateOnce(random: Random, bytes: Buffer, others: readonly Buffer[]): Buffer<ArrayBuffer> {
  const at = whole(random, bytes.length + 1);
  const length = 1 + whole(random, pick(random, [2, 8, 64]));
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(Math.min(bytes.length, at + length));
  switch (whole(random, 9)) {
    case 0: // one bit
      if (at < bytes.length) bytes[at]! ^= 1 << whole(random, 8);
      return Buffer.from(bytes);
    case 1: // one byte
      if (at < bytes.length) bytes[at] = whole(random, 256);
      return Buffer.from(bytes);
    case 2: // a number at its limit, where a length may be
      if (at + 4 <= bytes.length) bytes.writeInt32BE(pick(random, limits), at);
      return Buffer.from(bytes);
    case 3: // the same, two bytes wide
      if (at + 2 <= bytes.length) bytes.writeUInt16BE(pick(random, limits) & 0xffff, at);
      return Buffer.from(bytes);
    case 4:
      return Buffer.concat([
        before,
        Buffer.from(pick(random, varints), 'hex'),
        bytes.subarray(Math.min(bytes.length, at + 1)),
      ]);
    case 5: // cut out, or cut off
      return Buffer.concat([before, random() < 0.7 ? after : Buffer.alloc(0)]);
    case 6: // doubled
      return Buffer.concat([before, bytes.subarray(at, at + length), bytes.subarray(at)]);
    case 7:
      return Buffer.concat([before, noise(random, length), after]);
    default: {
      const other = others.length === 0 ? bytes : pick(random, others);
      const from = whole(random, other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + length), after]);
    }
  }
}
