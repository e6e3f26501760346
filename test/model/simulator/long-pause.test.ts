// A partition that is full for a quarter of an hour keeps its place in the group and is read again afterwards.
import { expect, test } from 'vitest';
import { tryPlan } from './campaign.ts';
import { drawPlan, type Plan } from './plan.ts';

const minuteMs = 60_000;

test('a partition that is paused for 15 minutes stays with its member and resumes', async () => {
  const drawn = drawPlan(14);
  const plan: Plan = {
    ...drawn,
    ...{ partitions: 1, keys: 1, records: 6, faultShare: 0, producedForMs: 1, patienceMs: 300 * minuteMs },
    // Every call takes 16 minutes or more.
    mix: { failing: 0, poison: 0, slow: 1, deadly: 0 },
    actions: [{ kind: 'start', member: 0, atMs: 0 }],
    group: {
      ...drawn.group,
      fetch: { ...drawn.group.fetch, maxBytes: 1 },
      buffer: { ...drawn.group.buffer, maxRecords: 1 },
      timeouts: { ...drawn.group.timeouts, handlerMs: 20 * minuteMs },
    },
  };
  const { violations, seen, trace } = await tryPlan(plan, true);
  expect(violations).toEqual([]);
  expect(seen.get('partition.opened')).toBe(1);
  expect(seen.get('lost')).toBe(undefined);
  const fetchedAt = (trace ?? [])
    .filter((line) => line.includes('records.fetched'))
    .map((line) => Number.parseFloat(line));
  expect(fetchedAt.length).toBeGreaterThan(1);
  const pauses = fetchedAt.slice(1).map((at, nr) => at - fetchedAt[nr]!);
  expect(Math.max(...pauses)).toBeGreaterThan(15 * minuteMs);
});
