/** Randomness, passed in: a number from 0 up to, not including, 1. */
export type Random = () => number;

/** Unseeded, for production. */
export const systemRandom: Random = Math.random;

/** The same numbers for the same seed (mulberry32), for tests and the simulator. @param seed any integer */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
