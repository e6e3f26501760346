import { describe, expect, test } from 'vitest';
import type { Context } from '../../../runtime/handler/context.ts';
import type { Event } from '../../../runtime/handler/event.ts';
import { Gate, ThreadUnderTest } from './thread-under-test.ts';

describe('abort', () => {
  test('running handlers see the reason, and nothing of them counts', async () => {
    const gate = new Gate();
    const reasons: unknown[] = [];
    const thread = new ThreadUnderTest([
      {
        async Placed(_: Event, ctx: Context) {
          ctx.signal.addEventListener('abort', () => reasons.push(ctx.signal.reason));
          await gate.opened;
        },
      },
    ]);
    const set = thread.give([{ key: 'a' }, { key: 'a' }]);
    await thread.settle();
    thread.close(0, 'lost');
    await thread.settle();
    expect(reasons).toEqual(['lost']);
    // A handler that goes on may still look at the bytes, so they are not given back.
    expect(set.answer).toEqual({ kind: 'stale', bytes: null });
    gate.open();
    await thread.settle();
    expect(set.progress.isFinished(0)).toBe(false);
    expect(set.progress.readPrefix()).toBe(0);
  });

  test('what had finished just before counts: the last commit comes after the abort', async () => {
    const gate = new Gate();
    const waiting = new Gate();
    const handlers = { Placed: (event: Event) => (event.key === 'a' ? gate.opened : waiting.opened) };
    const thread = new ThreadUnderTest([handlers]);
    const set = thread.give([{ key: 'a' }, { key: 'b' }]);
    await thread.settle();
    gate.open();
    // Within one turn of the loop: progress is published once in each.
    for (let i = 0; i < 10; i++) await Promise.resolve();
    thread.close(0);
    expect(set.progress.readPrefix()).toBe(1);
  });

  test('a retry that waits does not run, a dead letter that is settled late has no effect', async () => {
    let calls = 0;
    const handlers = {
      Placed(event: Event) {
        calls++;
        throw event.key === 'a' ? new Error('again') : Object.assign(new Error('x'), { name: 'ValidationError' });
      },
    };
    const thread = new ThreadUnderTest([handlers], { retry: { baseDelayMs: 30_000 } });
    const set = thread.give([{ key: 'a' }, { key: 'b' }]);
    await thread.settle();
    expect(calls).toBe(2);
    thread.close(0);
    thread.settled(thread.exhausted[0]!);
    await thread.clock.advance(1000);
    expect(thread.clock.pending).toBe(0);
    await thread.clock.advance(100_000);
    expect(calls).toBe(2);
    expect(set.answer).toEqual({ kind: 'stale', bytes: set.task.bytes });
    expect(set.progress.isFinished(1)).toBe(false);
  });

  test('a record set of a closed or older epoch is stale, also when the message overtook it', async () => {
    const thread = new ThreadUnderTest([{ Placed: () => {} }]);
    thread.close(3);
    const overtaken = thread.give([{}], { epoch: 3 });
    const newer = thread.give([{}], { epoch: 5 });
    const older = thread.give([{}], { epoch: 4 });
    await thread.settle();
    expect([overtaken, newer, older].map((set) => set.answer?.kind)).toEqual(['stale', 'done', 'stale']);
  });

  test('a drain lets everything go on, retries too', async () => {
    let calls = 0;
    const thread = new ThreadUnderTest([
      {
        Placed() {
          if (++calls === 1) throw new Error('once');
        },
      },
    ]);
    const set = thread.give([{ key: 'a' }]);
    await thread.settle();
    thread.runner.receive({
      kind: 'close',
      topic: 'orders.stream',
      partition: 0,
      epoch: 0,
      mode: 'drain',
      reason: 'revoked',
    });
    await thread.clock.advance(1000);
    expect(set.answer?.kind).toBe('done');
  });

  test('ctx.publish of an aborted call is refused', async () => {
    const gate = new Gate();
    let refused: unknown;
    const thread = new ThreadUnderTest([
      {
        async Placed(_: Event, ctx: Context) {
          await gate.opened;
          refused = await ctx.publish({ topic: 't', type: 'X', data: {} }).catch((error) => error);
        },
      },
    ]);
    thread.give([{ key: 'a' }]);
    await thread.settle();
    thread.close(0);
    gate.open();
    await thread.settle();
    expect(refused).toMatchObject({ code: 'RT_HANDLER_ABORTED' });
    expect(thread.of('publish')).toEqual([]);
  });
});

// Invariant 3, across epochs.
test('a new epoch waits until the handlers of the former one have settled', async () => {
  const gate = new Gate();
  const calls: string[] = [];
  const thread = new ThreadUnderTest([
    {
      async Placed(event: Event, ctx: Context) {
        calls.push(`${ctx.fence.epoch}:${event.offset}`);
        if (ctx.fence.epoch === 0) await gate.opened;
      },
    },
  ]);
  thread.give([{ key: 'a' }], { epoch: 0 });
  await thread.settle();
  const again = thread.give([{ key: 'a' }, { key: 'b' }], { epoch: 1 });
  thread.give([{ key: 'a' }], { epoch: 0, partition: 1, firstOffset: 50 });
  await thread.settle();
  expect(calls).toEqual(['0:0', '0:50']);
  gate.open();
  await thread.settle();
  expect(calls).toEqual(['0:0', '0:50', '1:0', '1:1']);
  expect(again.answer?.kind).toBe('done');
});

test('a handler of a former epoch that never settles costs the thread', async () => {
  const thread = new ThreadUnderTest([{ Placed: () => new Promise(() => {}) }], { timeouts: { handlerMs: 5000 } });
  thread.give([{ key: 'a' }]);
  await thread.settle();
  await thread.clock.advance(4000);
  thread.close(0);
  await thread.clock.advance(4999);
  expect(thread.of('tainted')).toEqual([]);
  await thread.clock.advance(1);
  expect(thread.of('tainted')).toHaveLength(1);
});

describe('after a death', () => {
  test('what was finished does not run again', async () => {
    const seen: bigint[] = [];
    const thread = new ThreadUnderTest([{ Placed: (event: Event) => seen.push(event.offset) }]);
    const set = thread.give([{}, {}, {}, {}], { firstOffset: 10, opening: { finished: [11, 12, 20], suspects: [] } });
    const later = thread.give([{}, {}], { firstOffset: 19 });
    await thread.settle();
    expect(seen).toEqual([10n, 13n, 19n]);
    expect([set.answer?.kind, later.answer?.kind]).toEqual(['done', 'done']);
  });

  test('suspects run alone in the thread, one after the other, before all others', async () => {
    const log: string[] = [];
    const gates = new Map<string, Gate>();
    const thread = new ThreadUnderTest([
      {
        async Placed(event: Event, ctx: Context) {
          const gate = new Gate();
          gates.set(`${event.offset}`, gate);
          log.push(`${event.offset}/${ctx.attempt}`);
          await gate.opened;
        },
      },
    ]);
    const suspects = [
      { offset: 2, deaths: 1 },
      { offset: 4, deaths: 2 },
    ];
    const records = ['a', 'b', 'c', 'd', 'e'].map((key) => ({ key }));
    const set = thread.give(records, { opening: { finished: [], suspects } });
    thread.give([{ key: 'x' }], { partition: 1, firstOffset: 100 });
    await thread.settle();
    expect(log).toEqual(['2/2']);
    gates.get('2')?.open();
    await thread.settle();
    expect(log).toEqual(['2/2', '4/3']);
    gates.get('4')?.open();
    await thread.settle();
    expect(log.slice(2).sort()).toEqual(['0/1', '1/1', '100/1', '3/1']);
    for (const gate of gates.values()) gate.open();
    await thread.settle();
    expect(set.answer?.kind).toBe('done');
  });

  test('a later record of a suspect key waits behind it', async () => {
    const log: string[] = [];
    const gate = new Gate();
    const thread = new ThreadUnderTest([
      {
        async Placed(event: Event) {
          log.push(`+${event.offset}`);
          if (event.offset === 0n) await gate.opened;
          log.push(`-${event.offset}`);
        },
      },
    ]);
    thread.give([{ key: 'a' }, { key: 'a' }], { opening: { finished: [], suspects: [{ offset: 0, deaths: 1 }] } });
    await thread.settle();
    gate.open();
    await thread.settle();
    expect(log).toEqual(['+0', '-0', '+1', '-1']);
  });

  test('three deaths are enough', async () => {
    const seen: bigint[] = [];
    const thread = new ThreadUnderTest([{ Placed: (event: Event) => seen.push(event.offset) }]);
    const set = thread.give([{ key: 'a' }, { key: 'b' }, { key: 'a' }], {
      opening: { finished: [], suspects: [{ offset: 0, deaths: 3 }] },
    });
    await thread.settle();
    expect(seen).toEqual([1n]);
    expect(thread.exhausted).toMatchObject([{ reason: 'worker_crash', attempts: 3, place: { offset: 0 } }]);
    thread.settled(thread.exhausted[0]!);
    await thread.settle();
    expect(seen).toEqual([1n, 2n]);
    expect(set.answer?.kind).toBe('done');
  });

  test('a suspect that fails goes on like any other record', async () => {
    const log: string[] = [];
    const thread = new ThreadUnderTest([
      {
        Placed(event: Event, ctx: Context) {
          log.push(`${event.offset}/${ctx.attempt}`);
          if (event.offset === 1n && ctx.attempt < 3) throw new Error('no');
        },
      },
    ]);
    const opening = { finished: [], suspects: [{ offset: 1, deaths: 1 }] };
    thread.give([{ key: 'a' }, { key: 'b' }], { opening });
    await thread.settle();
    expect(log).toEqual(['1/2', '0/1']);
    await thread.clock.advance(2000);
    expect(log).toEqual(['1/2', '0/1', '1/3']);
  });
});

describe('corrupt bytes', () => {
  test('are reported where they begin; what was begun finishes, nothing beyond is touched', async () => {
    const gate = new Gate();
    const seen: bigint[] = [];
    const thread = new ThreadUnderTest([
      {
        async Placed(event: Event) {
          seen.push(event.offset);
          await gate.opened;
        },
      },
    ]);
    const good = thread.give([{ key: 'x' }]);
    const broken = thread.give([{ key: 'a' }, { key: 'a' }], {
      firstOffset: 1,
      lastOffset: 4,
      spoil: (batch) => {
        const second = Buffer.from(batch);
        second.writeBigInt64BE(3n, 0);
        second[second.length - 2]! ^= 0xff;
        return Buffer.concat([batch, second]);
      },
    });
    const later = thread.give([{ key: 'b' }], { firstOffset: 5 });
    await thread.settle();
    expect(thread.of('corrupt')).toMatchObject([{ set: broken.task.id, epoch: 0, offset: 3 }]);
    expect(later.answer?.kind).toBe('stale');
    expect(broken.answer).toBeNull();
    gate.open();
    await thread.settle();
    expect(seen).toEqual([0n, 1n, 2n]);
    expect(good.answer?.kind).toBe('done');
    expect(broken.answer?.kind).toBe('stale');
    expect(broken.progress.readPrefix()).toBe(2);
  });

  test('a batch that unpacks to more than allowed is corrupt', async () => {
    const thread = new ThreadUnderTest([{ Placed: () => {} }], { maxDecompressedBytes: 1000 });
    const set = thread.give([{ value: 'x'.repeat(2000) }], { codec: 'gzip' });
    await thread.settle();
    expect(thread.of('corrupt')[0]!.message).toMatch(/more than 1000 bytes/);
    expect(set.answer?.kind).toBe('stale');
  });
});

test('what was counted is reported once, and at the end', async () => {
  const thread = new ThreadUnderTest([
    {
      Placed(event: Event) {
        if (event.key === 'bad') throw Object.assign(new Error('x'), { name: 'ValidationError' });
      },
    },
  ]);
  thread.give([{ key: 'a' }, { key: 'b' }, { key: 'bad' }, { type: 'Unknown' }, { type: 'Other' }]);
  await thread.settle();
  await thread.clock.advance(1000);
  expect(thread.of('tally').map(({ tally }) => tally)).toEqual([
    {
      handled: [{ topic: 'orders.stream', partition: 0, type: 'Placed', count: 2 }],
      calls: [{ handler: '/handlers/0.ts', type: 'Placed', count: 3, errors: 1, sumMs: 0, buckets: expect.any(Array) }],
      skipped: 2,
    },
  ]);
  thread.give([{ key: 'a' }], { firstOffset: 5 });
  await thread.settle();
  void thread.runner.end();
  expect(thread.of('tally')).toHaveLength(2);
  expect(thread.of('tally')[1]!.tally.handled).toMatchObject([{ count: 1 }]);
});
