import { expect, test } from 'vitest';
import type { Event } from '../../../runtime/handler/event.ts';
import { Gate, ThreadUnderTest } from './thread-under-test.ts';

/** A handler that waits for its gate, by offset, and notes the order in which calls begin and end. */
function gated() {
  const gates = new Map<number, Gate>();
  const log: string[] = [];
  const gate = (offset: number): Gate => {
    let found = gates.get(offset);
    if (found === undefined) {
      found = new Gate();
      gates.set(offset, found);
    }
    return found;
  };
  return {
    log,
    gate,
    handlers: {
      async Placed(event: Event) {
        const offset = Number(event.offset);
        log.push(`+${offset}`);
        await gate(offset).opened;
        log.push(`-${offset}`);
      },
    },
  };
}

test('records of one key run one after the other, other keys go on', async () => {
  const { log, gate, handlers } = gated();
  const thread = new ThreadUnderTest([handlers]);
  const set = thread.give([{ key: 'a' }, { key: 'a' }, { key: 'b' }, { key: 'a' }]);
  await thread.settle();
  expect(log).toEqual(['+0', '+2']);
  gate(2).open();
  await thread.settle();
  expect(set.progress.readPrefix()).toBe(0);
  gate(0).open();
  await thread.settle();
  expect(log).toEqual(['+0', '+2', '-2', '-0', '+1']);
  expect(set.progress.readPrefix()).toBe(1);
  gate(1).open();
  gate(3).open();
  await thread.settle();
  expect(log.slice(-3)).toEqual(['-1', '+3', '-3']);
  expect(set.answer).toEqual({ kind: 'done', bytes: set.task.bytes });
});

test('what lies behind the batches of a set is of an earlier one, and is not handled again', async () => {
  const { log, gate, handlers } = gated();
  const thread = new ThreadUnderTest([handlers]);
  const earlier = thread.give([{}, {}]).task.bytes;
  gate(0).open();
  gate(1).open();
  await thread.settle();
  const set = thread.give([{}], { firstOffset: 0, lastOffset: 1, epoch: 1, after: new Uint8Array(earlier) });
  await thread.settle();
  expect(log.slice(4)).toEqual(['+0', '-0']);
  expect(set.answer?.kind).toBe('done');
});

test('a key keeps its order across record sets', async () => {
  const { log, gate, handlers } = gated();
  const thread = new ThreadUnderTest([handlers]);
  thread.give([{ key: 'a' }]);
  const second = thread.give([{ key: 'a' }, { key: 'b' }], { firstOffset: 1 });
  await thread.settle();
  expect(log).toEqual(['+0', '+2']);
  gate(0).open();
  gate(1).open();
  gate(2).open();
  await thread.settle();
  expect(log).toEqual(['+0', '+2', '-0', '-2', '+1', '-1']);
  expect(second.answer?.kind).toBe('done');
});

test.each([
  ['partition', { order: 'partition' as const }, ['+0']],
  ['none', { order: 'none' as const }, ['+0', '+1', '+2']],
  ['null keys in one lane', { nullKey: 'partition' as const }, ['+0', '+2']],
  ['null keys without order', { nullKey: 'none' as const }, ['+0', '+1', '+2']],
])('order: %s', async (_, concurrency, expected) => {
  const { log, handlers } = gated();
  const thread = new ThreadUnderTest([handlers], { concurrency });
  thread.give([{ key: null }, { key: null }, { key: '' }]);
  await thread.settle();
  expect(log).toEqual(expected);
});

// R10: as text both keys are one replacement character.
test('keys are compared as bytes', async () => {
  const { log, handlers } = gated();
  const thread = new ThreadUnderTest([handlers]);
  thread.give([{ key: Buffer.from([0xff]) }, { key: Buffer.from([0xfe]) }, { key: Buffer.from([0xff]) }]);
  await thread.settle();
  expect(log).toEqual(['+0', '+1']);
});

test.each([
  ['header', { kind: 'header' as const, name: 'region' }],
  ['path', { kind: 'path' as const, path: ['customer', 'id'] }],
])('the key may come from a %s', async (_, keyFrom) => {
  const { log, handlers } = gated();
  const thread = new ThreadUnderTest([handlers], { concurrency: { keyFrom } });
  const record = (id: string) => ({
    key: 'same',
    value: JSON.stringify({ customer: { id } }),
    headers: [['region', Buffer.from(id)] as const],
  });
  thread.give([record('a'), record('b'), record('a')]);
  await thread.settle();
  expect(log).toEqual(['+0', '+1']);
});

test('at most maxRunning handlers run at once, over all partitions, and every partition gets its turn', async () => {
  const { log, gate, handlers } = gated();
  const thread = new ThreadUnderTest([handlers], { maxRunning: 2 });
  thread.give([{ key: 'a' }, { key: 'b' }, { key: 'c' }], { partition: 0 });
  thread.give([{ key: 'd' }, { key: 'e' }], { partition: 1, firstOffset: 100 });
  await thread.settle();
  expect(log).toEqual(['+0', '+100']);
  gate(0).open();
  await thread.settle();
  expect(log.filter((line) => line.startsWith('+'))).toHaveLength(3);
});

test('a synchronous handler runs straight through and gives way to the event loop', async () => {
  const thread = new ThreadUnderTest([
    {
      // Each call takes 1 ms of the clock, so a slice of 4 ms holds about five.
      Placed() {
        void thread.clock.advance(1);
        calls++;
      },
    },
  ]);
  let calls = 0;
  const set = thread.give(Array.from({ length: 20 }, () => ({ key: 'a' })));
  await thread.clock.turn();
  await thread.clock.turn();
  expect(calls).toBeLessThan(20);
  expect(set.progress.readPrefix()).toBe(calls);
  while (set.answer === null) await thread.clock.turn();
  expect(calls).toBe(20);
});

test('gaps, foreign offsets and the rest after the last batch are finished', async () => {
  const seen: number[] = [];
  const thread = new ThreadUnderTest([{ Placed: (event: Event) => seen.push(Number(event.offset)) }]);
  const records = [{ offset: 8 }, { offset: 10 }, { offset: 13 }, { offset: 20 }];
  const set = thread.give(records, { firstOffset: 10, lastOffset: 17 });
  await thread.settle();
  expect(seen).toEqual([10, 13]);
  expect(set.progress.readPrefix()).toBe(8);
  expect(set.answer?.kind).toBe('done');
});

test('every codec arrives', async () => {
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const seen: unknown[] = [];
    const thread = new ThreadUnderTest([{ Placed: (event: Event) => seen.push(event.data) }]);
    thread.give([{ value: '{"a":1}' }, { value: '[2]' }], { codec });
    await thread.settle();
    expect(seen).toEqual([{ a: 1 }, [2]]);
  }
});
