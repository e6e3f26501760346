// Partitions are dealt out evenly over all topics, to subscribers only, and in the same way whoever deals.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GroupMember } from '../../../runtime/consumer/assignor.ts';
import { roundRobin } from '../../../runtime/consumer/round-robin-assignor.ts';

const member = (memberId: string, topics: readonly string[], instanceId: string | null = null): GroupMember => ({
  memberId,
  topics,
  instanceId,
  owned: [],
  generation: -1,
});
const dealt = (members: readonly GroupMember[], counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    [...roundRobin.assign(members, new Map(Object.entries(counts)))].map(([id, of]) => [
      id,
      of.map((p) => `${p.topic}${p.partition}`),
    ]),
  );

test('goes round over the topics, not per topic', () => {
  expect(dealt([member('x', ['a', 'b']), member('y', ['b', 'a'])], { b: 3, a: 3 })).toEqual({
    x: ['a0', 'a2', 'b1'],
    y: ['a1', 'b0', 'b2'],
  });
});

test('leaves out members that are not subscribed', () => {
  expect(dealt([member('x', ['a']), member('y', ['a', 'b'])], { a: 2, b: 2 })).toEqual({
    x: ['a0'],
    y: ['a1', 'b0', 'b1'],
  });
});

test('a member without partitions has an empty entry, a topic without partitions none', () => {
  expect(dealt([member('x', ['a']), member('y', ['a'])], { a: 1 })).toEqual({ x: ['a0'], y: [] });
  expect(dealt([member('x', ['a', 'gone'])], { a: 1 })).toEqual({ x: ['a0'] });
  expect(dealt([member('x', ['gone'])], {})).toEqual({ x: [] });
});

test('an instance id keeps its place when the member id changes', () => {
  const before = dealt([member('z-1', ['a'], 'pod-0'), member('m', ['a'], 'pod-1')], { a: 2 });
  const after = dealt([member('a-9', ['a'], 'pod-0'), member('m', ['a'], 'pod-1')], { a: 2 });
  expect(before['z-1']).toEqual(after['a-9']);
});

test('with equal subscriptions nobody has more than one partition above another, in any order of members', () => {
  const topics = ['a', 'b', 'c'];
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 9 }),
      fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 3, maxLength: 3 }),
      (ids, [a, b, c]) => {
        const counts = { a: a!, b: b!, c: c! };
        const members = ids.map((id) => member(id, topics));
        const result = dealt(members, counts);
        const sizes = Object.values(result).map((of) => of.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(new Set(Object.values(result).flat()).size).toBe(a! + b! + c!);
        expect(dealt([...members].reverse(), counts)).toEqual(result);
      },
    ),
  );
});
