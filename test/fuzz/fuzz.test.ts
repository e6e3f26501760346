// A short run of `npm run fuzz`: whatever bytes come from outside, nothing but our own errors comes of them, no input
// takes a second, and memory stays flat. The inputs are the same in every run; a finding prints which one it was.
import { expect, test } from 'vitest';
import { type TargetName, targetNames } from '../../scripts/fuzz/targets.ts';
import { runTarget } from '../../scripts/fuzz/watched-run.ts';

/** As many as take some three seconds each on an idle machine. */
const inputs: Record<TargetName, number> = { records: 5_000, responses: 8_000, broker: 4_000, manifest: 2_000 };

test.each(targetNames)('%s', { timeout: 300_000 }, async (target) => {
  const result = await runTarget({ target, inputs: inputs[target], seed: 1 }, () => {});
  expect(result.findings).toEqual([]);
  expect(result.memory).toMatchObject({ flat: true });
  expect(result.inputs).toBe(inputs[target]);
  // Else the generator makes nothing but noise, or nothing is checked.
  expect(result.accepted).toBeGreaterThan(0);
  expect(result.accepted).toBeLessThan(result.inputs);
});
