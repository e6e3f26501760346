/**
 * The seeds that the tests look at, in two halves, so that two processes share the work.
 *
 *   SIM_SEED=123 npx vitest run test/model/simulator      one seed, told step by step when it fails
 *   SIM_COUNT=200000 npx vitest run test/model/simulator  more seeds than usual, from SIM_FROM on
 */
import { expect, test } from 'vitest';
import { explain, tryPlan } from './campaign.ts';
import { drawPlan } from './plan.ts';

export const only = numberFrom('SIM_SEED');
const from = numberFrom('SIM_FROM') ?? 1;
const count = numberFrom('SIM_COUNT') ?? 15_000; // one to two minutes on two cores

const testTimeoutMs = 24 * 3_600_000; // for campaigns by hand; a run ends by its number of steps

/** Registers the test of every other seed. */
export function keepsEveryInvariant(half: 0 | 1): void {
  const title = `every other one of ${count} seeds from ${from + half} on keeps every invariant`;
  test.runIf(only === null)(title, { timeout: testTimeoutMs }, async () => {
    const seen = new Set<string>();
    for (let seed = from + half; seed < from + count; seed += 2) {
      const ledger = await tryPlan(drawPlan(seed));
      for (const what of ledger.seen.keys()) seen.add(what);
      if (ledger.violations.length > 0) expect.fail(await explain(seed));
    }
    // A campaign in which nothing goes wrong shows nothing.
    if (count >= 2_000) expect([...seen]).toEqual(expect.arrayContaining(troubles));
  });
}

const troubles = [
  ...['records.fetched', 'out of order', 'record.retried', 'abort:timeout', 'partition.opened', 'drained', 'lost'],
  ...['stored', 'commit:error', 'commit:refused', 'commit:answerLost', 'commit:slow', 'commit.failed'],
  ...['kill', 'stop', 'freeze', 'die', 'hang', 'never', 'threadDies', 'thread.replaced', 'dead letter'],
  ...['abort:revoked', 'abort:lost', 'abort:shutdown', 'deadLetter.failed', 'static member', 'split'],
  ...['onAssigned', 'onRevoked', 'onRevoked:lost'],
  ...['fault:refused', 'fault:answerLost', 'fault:error', 'fault:slow'],
];

function numberFrom(name: string): number | null {
  const text = process.env[name];
  return text === undefined ? null : Number(text);
}
