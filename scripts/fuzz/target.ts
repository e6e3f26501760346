/**
 * What is fuzzed: something that takes bytes from outside. An input is bytes alone, so that one that fails can be saved
 * and run again without the generator that made it.
 */
import type { Random } from '../../runtime/core/random.ts';

/** `refused`: with one of the project's own errors. Every other end of a run is a finding. */
export type Outcome = 'accepted' | 'refused';

export interface Target {
  /** Follows from `random` alone. */
  make(random: Random): Buffer;
  /** @throws whatever must not be thrown: the finding */
  run(input: Buffer): Outcome | Promise<Outcome>;
}

/** The randomness of one input: the same for the same seed and index, whatever came before it. */
export function inputSeed(seed: number, index: number): number {
  return Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b) ^ index;
}
