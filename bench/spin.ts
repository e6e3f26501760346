/**
 * Work for one core that allocates nothing. A handler does a number of turns, not a time: on a busy machine it takes
 * longer then, as real work does.
 */

/** Marsaglia's xorshift. @returns its state after so many turns, never 0 */
export function spin(turns: number): number {
  let state = 2_463_534_242;
  for (let i = 0; i < turns; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
  }
  return state;
}

const trialTurns = 20_000_000;

/** @returns turns that take so much CPU time on this machine */
export function turnsFor(milliseconds: number): number {
  spin(trialTurns); // compiled by now
  const before = process.cpuUsage();
  spin(trialTurns);
  const { user, system } = process.cpuUsage(before);
  return Math.max(1, Math.round((trialTurns * milliseconds * 1_000) / (user + system)));
}
