import { expect, test } from 'vitest';
import { dealUniformly } from '../../../../runtime/broker/groups/uniform-assignor.ts';
import { seededRandom } from '../../../../runtime/core/random.ts';

type Members = Readonly<Record<string, readonly string[]>>;

function deal(wanted: Members, before: Members = {}): Record<string, string[]> {
  const sets = (of: Members) => new Map(Object.entries(of).map(([id, partitions]) => [id, new Set(partitions)]));
  const dealt = dealUniformly(sets(wanted), sets(before));
  return Object.fromEntries([...dealt].map(([id, partitions]) => [id, [...partitions].sort()]));
}

const four = ['t/0', 't/1', 't/2', 't/3'];

test('the first member gets all, the second one half of it', () => {
  expect(deal({ a: four })).toEqual({ a: four });
  expect(deal({ a: four, b: four }, { a: four })).toEqual({ a: ['t/0', 't/1'], b: ['t/2', 't/3'] });
});

test('what a member leaves goes to the others, and they keep what they have', () => {
  const before = { a: ['t/0', 't/1'], b: ['t/2'], c: ['t/3'] };
  expect(deal({ a: four, b: four }, before)).toEqual({ a: ['t/0', 't/1'], b: ['t/2', 't/3'] });
});

test('nobody gets what it is not subscribed to', () => {
  expect(deal({ a: ['t/0', 't/1'], b: ['t/1', 'u/0', 'u/1'], c: [] })).toEqual({
    a: ['t/0', 't/1'],
    b: ['u/0', 'u/1'],
    c: [],
  });
});

// Whatever came before: each partition has one owner, loads differ by one, and no more moves than have to.
test('random histories stay even and sticky', () => {
  const random = seededRandom(7);
  let before: Record<string, string[]> = {};
  for (let round = 0; round < 300; round++) {
    const members = Array.from({ length: 1 + Math.floor(random() * 6) }, () => `m${Math.floor(random() * 9)}`);
    const partitions = Array.from({ length: Math.floor(random() * 9) }, (_, index) => `t/${index}`);
    const dealt = deal(Object.fromEntries(members.map((id) => [id, partitions])), before);
    expect(Object.values(dealt).flat().sort()).toEqual(partitions);
    const loads = Object.values(dealt).map(({ length }) => length);
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
    for (const [id, now] of Object.entries(dealt)) {
      const had = (before[id] ?? []).filter((partition) => partitions.includes(partition));
      const kept = had.filter((partition) => now.includes(partition)).length;
      // It gives up only what is above its share.
      expect(kept).toBeGreaterThanOrEqual(Math.min(had.length, Math.floor(partitions.length / loads.length)));
    }
    before = dealt;
  }
});
