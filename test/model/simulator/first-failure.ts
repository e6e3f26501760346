/** A program: tries the given number of seeds, prints the first that fails and what it broke, else nothing. */
import { tryPlan } from './campaign.ts';
import { drawPlan } from './plan.ts';

const count = Number(process.argv[2]);
for (let seed = 1; seed <= count; seed++) {
  const { violations } = await tryPlan(drawPlan(seed));
  if (violations.length === 0) continue;
  process.stdout.write(`${seed} ${violations[0]}\n`);
  break;
}
