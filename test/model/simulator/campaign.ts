/** Runs plans, and makes of a seed that fails something to read: what broke, how to see it again, and what it needs. */
import type { Ledger } from './ledger.ts';
import { drawPlan, type Plan, type Shrink } from './plan.ts';
import { World } from './world.ts';

export async function tryPlan(plan: Plan, traced = false): Promise<Ledger> {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0; // a third of the time would go into stacks of faults that are meant
  try {
    const world = new World(plan, traced);
    await world.run();
    return world.ledger;
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** @returns the message of a failed test, for a seed that fails */
export async function explain(seed: number): Promise<string> {
  const shrunk = await shrink(seed);
  const { violations, trace } = await tryPlan(drawPlan(seed, shrunk), true);
  return [
    ...violations,
    `replay: SIM_SEED=${seed} npx vitest run test/model/simulator`,
    `still fails with ${JSON.stringify(shrunk)}:`,
    ...(trace ?? []),
  ].join('\n');
}

/** Leaves out what the failure does not need: request faults, then what happens to members, then records. */
async function shrink(seed: number): Promise<Shrink> {
  const plan = drawPlan(seed);
  let smallest: Shrink = {};
  const fails = async (shrunk: Shrink): Promise<boolean> => {
    const { violations } = await tryPlan(drawPlan(seed, shrunk));
    if (violations.length > 0) smallest = shrunk;
    return violations.length > 0;
  };
  await fails({ ...smallest, faultShare: 0 });
  for (let actions = plan.actions.length - 1; actions > 0; actions--) {
    if (!(await fails({ ...smallest, actions }))) break;
  }
  for (let records = plan.records >> 1; records > 0; records >>= 1) {
    if (!(await fails({ ...smallest, records }))) break;
  }
  return smallest;
}
