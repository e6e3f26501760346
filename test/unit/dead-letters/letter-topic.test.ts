// Where a letter goes when it is sent back, and which ones are not.
import { expect, test } from 'vitest';
import { destinationOf, letterTopicsOf } from '../../../runtime/dead-letters/letter-topic.ts';
import { letter } from './support.ts';

const from = { topic: 'orders.stream.dlq', sources: ['orders.stream', 'refunds'], maxReplays: 3 };
const fromOrders = ['dlq_original_topic', 'orders.stream'] as const;

test('topics that share a dead letter topic are its sources; those without one have none', () => {
  const dlq = { enabled: true, onError: 'block', onDisabled: 'block', maxReplays: 5 } as const;
  const topics = [
    { name: 'a', dlqTopic: 'all.dlq' },
    { name: 'b', dlqTopic: 'all.dlq' },
    { name: 'c', dlqTopic: 'c.dlq' },
    { name: 'd', dlqTopic: null },
  ];
  expect(letterTopicsOf({ topics, dlq })).toEqual([
    { topic: 'all.dlq', sources: ['a', 'b'], maxReplays: 5 },
    { topic: 'c.dlq', sources: ['c'], maxReplays: 5 },
  ]);
});

test('it goes where it came from; without a word of that, to the only source', () => {
  expect(destinationOf(letter(fromOrders), from, false)).toBe('orders.stream');
  expect(destinationOf(letter(), { ...from, sources: ['refunds'] }, false)).toBe('refunds');
  expect(() => destinationOf(letter(), from, true)).toThrow(
    expect.objectContaining({
      code: 'RT_DEAD_LETTER_UNFIT',
      message: expect.stringMatching(/no header dlq_original_topic.*orders.stream, refunds/),
    }),
  );
});

test('it goes to no topic whose letters do not lie there, forced or not', () => {
  const foreign = letter(['dlq_original_topic', 'passwords']);
  for (const force of [false, true]) {
    expect(() => destinationOf(foreign, from, force)).toThrow(
      expect.objectContaining({
        code: 'RT_DEAD_LETTER_UNFIT',
        message: expect.stringContaining('came from passwords, which is not among the topics'),
      }),
    );
  }
});

test('a letter that was sent back as often as maxReplays allows goes only when it is forced', () => {
  const twice = letter(fromOrders, ['dlq_replay_count', '2']);
  const thrice = letter(fromOrders, ['dlq_replay_count', '3']);
  expect(destinationOf(twice, from, false)).toBe('orders.stream');
  expect(() => destinationOf(thrice, from, false)).toThrow(
    expect.objectContaining({
      code: 'RT_DEAD_LETTER_REPLAYS',
      message: expect.stringContaining('sent back 3 times already, and dlq.maxReplays is 3'),
    }),
  );
  expect(destinationOf(thrice, from, true)).toBe('orders.stream');
});

test('a letter that parts are left out of would go back as another record', () => {
  const cut = letter(
    fromOrders,
    ['dlq_original_partition', '2'],
    ['dlq_original_offset', '9'],
    ['dlq_truncated', 'true'],
  );
  expect(() => destinationOf(cut, from, true)).toThrow(
    expect.objectContaining({
      code: 'RT_DEAD_LETTER_UNFIT',
      message: expect.stringContaining('the whole one was orders.stream/2 at offset 9'),
    }),
  );
});
