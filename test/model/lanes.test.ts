// Row S-44.
import { expect, test } from 'vitest';
import { LaneModel } from './lane-model.ts';

// One seed again: MODEL_SEED=123 npx vitest run test/model/lanes.test.ts
const only = process.env.MODEL_SEED;
const seeds = Number(process.env.MODEL_SEEDS ?? 2000);

test('lanes keep the core contract in any order of events', { timeout: 120_000 }, async () => {
  Error.stackTraceLimit = 0; // most of the time would go into stacks of the errors that handlers throw
  const first = only === undefined ? 1 : Number(only);
  const last = only === undefined ? seeds : first;
  for (let seed = first; seed <= last; seed++) {
    await new LaneModel(seed).run(40).catch((error: unknown) => {
      expect.fail(`MODEL_SEED=${seed}: ${(error as Error).message}`);
    });
  }
});
