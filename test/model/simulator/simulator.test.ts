/**
 * The whole path of a record, from fetch to commit, in seeded worlds where members come and go, threads die, requests
 * fail and answers are lost. What must hold is in `ledger.ts`.
 *
 *   SIM_SEED=123 npx vitest run test/model/simulator      one seed, told step by step when it fails
 *   SIM_COUNT=200000 npx vitest run test/model/simulator  more seeds than usual, from SIM_FROM on
 */
import { expect, test } from 'vitest';
import { explain, tryPlan } from './campaign.ts';
import { drawPlan } from './plan.ts';

const only = numberFrom('SIM_SEED');
const from = numberFrom('SIM_FROM') ?? 1;
const count = numberFrom('SIM_COUNT') ?? 1_200; // about 15 s on two free cores

const testTimeoutMs = 24 * 3_600_000; // for campaigns by hand; a run ends by its number of steps

test.runIf(only === null)(`${count} seeds keep every invariant`, { timeout: testTimeoutMs }, async () => {
  const seen = new Set<string>();
  for (let seed = from; seed < from + count; seed++) {
    const ledger = await tryPlan(drawPlan(seed));
    for (const what of ledger.seen.keys()) seen.add(what);
    if (ledger.violations.length > 0) expect.fail(await explain(seed));
  }
  // A campaign in which nothing goes wrong shows nothing.
  if (count >= 1_000) expect([...seen]).toEqual(expect.arrayContaining(troubles));
});

test.runIf(only !== null)(`seed ${only} keeps every invariant`, { timeout: testTimeoutMs }, async () => {
  const ledger = await tryPlan(drawPlan(only!));
  if (ledger.violations.length > 0) expect.fail(await explain(only!));
});

test('a seed always gives the same history', async () => {
  for (const seed of [1, 206, 300]) {
    const histories = [await tryPlan(drawPlan(seed), true), await tryPlan(drawPlan(seed), true)];
    expect(histories[0]!.trace).toEqual(histories[1]!.trace);
  }
});

const troubles = [
  ...['kill', 'stop', 'freeze', 'die', 'hang', 'threadDies', 'thread.replaced', 'commit.failed', 'dead letter'],
  ...['fault:refused', 'fault:answerLost', 'fault:error', 'fault:slow', 'record.retried', 'deadLetter.failed'],
];

function numberFrom(name: string): number | null {
  const text = process.env[name];
  return text === undefined ? null : Number(text);
}
