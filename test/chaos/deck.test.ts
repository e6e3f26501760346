// What happens in a campaign follows from its seed, every kind of fault comes equally often, and there are always from
// three to five processes for it to happen to.
import { expect, test } from 'vitest';
import { dealSteps, kindOf, kinds, slotsAtStart, slotsMax, slotsMin } from '../../scripts/chaos/deck.ts';

const kindCount = Object.keys(kinds).length;
const seeds = Array.from({ length: 50 }, (_, seed) => seed);

test('the same seed deals the same faults, another one others', () => {
  const deal = { faults: 60, ownKafka: true };
  expect(dealSteps({ ...deal, seed: 7 })).toEqual(dealSteps({ ...deal, seed: 7 }));
  expect(dealSteps({ ...deal, seed: 7 })).not.toEqual(dealSteps({ ...deal, seed: 8 }));
});

test.each(seeds)('seed %i deals all kinds evenly', (seed) => {
  const counts = Map.groupBy(dealSteps({ seed, faults: 3 * kindCount, ownKafka: true }), ({ kind }) => kind);
  expect(counts.size).toBe(kindCount);
  for (const [, found] of counts) expect(found).toHaveLength(3);
});

test.each(seeds)('seed %i happens to processes that are there', (seed) => {
  const taken = new Set(Array.from({ length: slotsAtStart }, (_, slot) => slot));
  for (const { kind, slot } of dealSteps({ seed, faults: 200, ownKafka: true })) {
    expect(taken.has(slot)).toBe(kind !== 'scale up');
    if (kind === 'scale up') taken.add(slot);
    if (kind === 'scale down') taken.delete(slot);
    expect(taken.size).toBeGreaterThanOrEqual(slotsMin);
    expect(taken.size).toBeLessThanOrEqual(slotsMax);
  }
});

test('only scaling down goes up again, and the other way round', () => {
  const deal = (kind: 'scale up' | 'scale down') =>
    dealSteps({ seed: 1, faults: 5, kinds: [kind], ownKafka: true }).map((step) => step.kind);
  expect(deal('scale down')).toEqual(['scale down', 'scale up', 'scale down', 'scale up', 'scale down']);
  expect(deal('scale up')).toEqual(['scale up', 'scale down', 'scale up', 'scale down', 'scale up']);
});

test('a Kafka that is not ours is not broken', () => {
  const steps = dealSteps({ seed: 1, faults: 100, ownKafka: false });
  expect(steps).toHaveLength(100);
  expect(steps.filter(({ kind }) => kindOf(kind).needs !== undefined)).toEqual([]);
});
