// Who holds a partition keeps it, as far as that is fair; what has to move is nobody's for one round.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GroupMember } from '../../../runtime/consumer/assignor.ts';
import { cooperativeSticky } from '../../../runtime/consumer/sticky-assignor.ts';
import { partitionKey } from '../../../runtime/core/record-set.ts';

const at = (name: string) => {
  const slash = name.indexOf('/');
  return { topic: name.slice(0, slash), partition: Number(name.slice(slash + 1)) };
};

/** @param owned `a/0 a/1` */
function member(memberId: string, owned = '', more: Partial<GroupMember> = {}): GroupMember {
  const partitions = owned === '' ? [] : owned.split(' ').map(at);
  return { memberId, instanceId: null, topics: ['a'], owned: partitions, generation: 1, ...more };
}

const deal = (members: readonly GroupMember[], counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    [...cooperativeSticky.assign(members, new Map(Object.entries(counts)))].map(([id, of]) => [
      id,
      of.map(partitionKey).sort().join(' '),
    ]),
  );

test('a first member gets all, and an empty entry is an entry', () => {
  expect(deal([member('x')], { a: 2 })).toEqual({ x: 'a/0 a/1' });
  expect(deal([member('x'), member('y')], { a: 1 })).toEqual({ x: 'a/0', y: '' });
  expect(deal([member('x', '', { topics: ['gone'] })], {})).toEqual({ x: '' });
});

test('what has to move is given to nobody as long as somebody holds it', () => {
  expect(deal([member('x', 'a/0 a/1 a/2 a/3'), member('y')], { a: 4 })).toEqual({ x: 'a/0 a/1', y: '' });
  expect(deal([member('x', 'a/0 a/1'), member('y')], { a: 4 })).toEqual({ x: 'a/0 a/1', y: 'a/2 a/3' });
});

test('what a member left behind is shared, and nothing else moves', () => {
  expect(deal([member('x', 'a/0 a/3'), member('y', 'a/1 a/4')], { a: 6 })).toEqual({
    x: 'a/0 a/2 a/3',
    y: 'a/1 a/4 a/5',
  });
});

describe('of two that claim a partition', () => {
  test('the newer generation is right', () => {
    const members = [member('x', 'a/0', { generation: 3 }), member('y', 'a/0 a/1', { generation: 2 })];
    expect(deal(members, { a: 2 })).toEqual({ x: 'a/0', y: 'a/1' });
    expect(deal(members.toReversed(), { a: 2 })).toEqual({ x: 'a/0', y: 'a/1' });
  });

  test('neither is, of one generation: both have to give it up', () => {
    expect(deal([member('x', 'a/0'), member('y', 'a/0')], { a: 1 })).toEqual({ x: '', y: '' });
  });
});

test('a partition of a topic that its owner does not read any more goes to a reader, after a round', () => {
  const former = member('x', 'b/0', { topics: ['a'] });
  const reader = member('y', '', { topics: ['b'] });
  expect(deal([former, reader], { a: 1, b: 1 })).toEqual({ x: 'a/0', y: '' });
  expect(deal([member('x', 'a/0'), reader], { a: 1, b: 1 })).toEqual({ x: 'a/0', y: 'b/0' });
});

test('a partition or topic that is gone is nobody’s', () => {
  expect(deal([member('x', 'a/0 a/7 gone/0')], { a: 1 })).toEqual({ x: 'a/0' });
});

test('members that read different topics are levelled as far as they can be', () => {
  const members = [member('x', '', { topics: ['a', 'b'] }), member('y', '', { topics: ['b'] })];
  expect(deal(members, { a: 4, b: 2 })).toEqual({ x: 'a/0 a/1 a/2 a/3', y: 'b/0 b/1' });
});

test('after two rounds everybody has a fair share, whoever came and went; nobody gets what another one holds', () => {
  const ids = ['k', 'l', 'm', 'n', 'o', 'p'];
  const steps = fc.array(fc.subarray(ids, { minLength: 1 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 17 }), fc.integer({ min: 0, max: 5 }), (presences, a, b) => {
      const counts = new Map([
        ['a', a],
        ['b', b],
      ]);
      const holds = new Map<string, readonly string[]>();
      let generation = 0;
      for (const present of presences) {
        for (const id of holds.keys()) if (!present.includes(id)) holds.delete(id);
        const before = new Map(holds);
        for (let round = 0; round < 2; round++) {
          const members = present.map((id) => member(id, holds.get(id)?.join(' '), { topics: ['a', 'b'], generation }));
          generation++;
          const dealt = [...cooperativeSticky.assign(members, counts)];
          for (const [id, given] of dealt) {
            const foreign = [...holds].flatMap(([other, held]) => (other === id ? [] : held));
            for (const one of given) expect(foreign).not.toContain(partitionKey(one));
          }
          for (const [id, given] of dealt) holds.set(id, given.map(partitionKey));
        }
        const sizes = present.map((id) => holds.get(id)!.length);
        expect(new Set([...holds.values()].flat()).size).toBe(a + b);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        // Nobody lost one who had no more than the smallest fair share.
        const share = Math.floor((a + b) / present.length);
        for (const [id, held] of before) {
          const kept = held.filter((one) => holds.get(id)!.includes(one)).length;
          expect(kept).toBeGreaterThanOrEqual(Math.min(held.length, share));
        }
      }
    }),
  );
});

test('ten thousand partitions over a hundred members do not take long', () => {
  const members = Array.from({ length: 100 }, (_, i) => member(`m${i}`));
  const dealt = [...cooperativeSticky.assign(members, new Map([['a', 10_000]]))];
  expect(dealt.map(([, of]) => of.length)).toEqual(Array.from({ length: 100 }, () => 100));
  const [, ...others] = dealt.map(([id, owned]) => ({ ...member(id), owned }));
  const next = [...cooperativeSticky.assign(others, new Map([['a', 10_000]]))].map(([, of]) => of.length);
  expect(Math.max(...next) - Math.min(...next)).toBeLessThanOrEqual(1);
});
