/** Choices of a generator, all from the randomness that is passed in. */
import type { Random } from '../../runtime/core/random.ts';

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** From 0 up to, not including, `below`. */
export function whole(random: Random, below: number): number {
  return Math.floor(random() * below);
}

export function chance(random: Random, probability: number): boolean {
  return random() < probability;
}

export function noise(random: Random, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = whole(random, 256);
  return bytes;
}
