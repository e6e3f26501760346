/** The clock that all processes of a machine share, and that nobody sets. In microseconds. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** @param epochMs as `Date.now()` gave it, here or in another process, a short while ago */
export function monotonicOf(epochMs: number): number {
  return monotonicUs() - (Date.now() - epochMs) * 1000;
}
