import { expect, test } from 'vitest';
import { defineHandlers } from '../../../runtime/handler/define-handlers.ts';
import type { Lifecycle, PartitionContext, RevokedPartition } from '../../../runtime/handler/lifecycle.ts';
import { Gate, type TestSettings, ThreadUnderTest } from './thread-under-test.ts';

const place = { topic: 'orders.stream', partition: 0 };

/** Writes down what happens, in the order in which it does. */
function following(life: Lifecycle, handle?: (ctx: { signal: AbortSignal }) => unknown, settings: TestSettings = {}) {
  const told: string[] = [];
  const contexts: PartitionContext[] = [];
  const hooks: Lifecycle = {
    async onAssigned(partition, ctx) {
      told.push(`assigning ${partition.partition}`);
      contexts.push(ctx);
      await life.onAssigned?.(partition, ctx);
      told.push('assigned');
    },
    async onRevoked(partition: RevokedPartition, ctx) {
      told.push(`revoking ${partition.partition}${partition.lost ? ' lost' : ''}`);
      contexts.push(ctx);
      await life.onRevoked?.(partition, ctx);
      told.push('revoked');
    },
  };
  const handlers = defineHandlers(
    {
      async Placed(event, ctx) {
        told.push(`record ${event.offset}`);
        await handle?.(ctx);
        told.push(`done ${event.offset}`);
      },
    },
    hooks,
  );
  const thread = new ThreadUnderTest([handlers], settings);
  const open = (epoch: number) => thread.runner.receive({ kind: 'open', ...place, epoch });
  const drain = (epoch: number) =>
    thread.runner.receive({ kind: 'close', ...place, epoch, mode: 'drain', reason: 'revoked' });
  return { thread, told, contexts, open, drain };
}

test('S-52: the first record of a partition is handled when onAssigned has resolved', async () => {
  const gate = new Gate();
  const { thread, told } = following({ onAssigned: () => gate.opened });
  const set = thread.give([{}, {}]);
  await thread.settle();
  expect(told).toEqual(['assigning 0']);
  gate.open();
  await thread.settle();
  expect(told.slice(0, 3)).toEqual(['assigning 0', 'assigned', 'record 0']);
  expect(set.answer?.kind).toBe('done');
});

test('a partition without records is assigned and revoked too', async () => {
  const { thread, told, open, drain } = following({});
  open(1);
  await thread.settle();
  drain(1);
  await thread.settle();
  expect(told).toEqual(['assigning 0', 'assigned', 'revoking 0', 'revoked']);
  expect(thread.of('closed')).toEqual([{ kind: 'closed', ...place, epoch: 1, failed: false }]);
});

test('onAssigned that fails is called again after a backoff, and the partition waits', async () => {
  const { thread, told, contexts } = following({
    onAssigned: (_, { attempt }) => {
      if (attempt < 3) throw new Error('no database');
    },
  });
  thread.give([{}]);
  await thread.settle();
  await thread.clock.advance(1000);
  await thread.settle();
  expect(told).toEqual(['assigning 0', 'assigning 0']);
  await thread.clock.advance(2000);
  await thread.settle();
  expect(told.slice(2)).toEqual(['assigning 0', 'assigned', 'record 0', 'done 0']);
  expect(contexts.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  const lines = thread.of('log').map(({ line }) => `${line.level} ${line.message}`);
  expect(lines).toEqual(Array(2).fill(expect.stringMatching(/^error .*onAssigned failed.*no database/)));
});

test('what is given up before it was assigned is not revoked', async () => {
  const { thread, told, contexts, open, drain } = following({
    onAssigned: (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
  });
  open(1);
  await thread.settle();
  drain(1);
  await thread.settle();
  expect(contexts[0]?.signal.reason).toBe('revoked');
  expect(told).toEqual(['assigning 0']);
  expect(thread.of('closed')).toHaveLength(1);
});

test('a lost partition is revoked when its handlers have settled, and says that it is lost', async () => {
  const gate = new Gate();
  const { thread, told, contexts } = following({}, () => gate.opened);
  thread.give([{}]);
  await thread.settle();
  thread.close(0, 'lost');
  await thread.settle();
  expect(told).toEqual(['assigning 0', 'assigned', 'record 0']);
  gate.open();
  await thread.settle();
  expect(told.slice(3)).toEqual(['done 0', 'revoking 0 lost', 'revoked']);
  expect(contexts[1]?.fence).toEqual({ ...place, epoch: 0 });
});

test('a partition that comes back is assigned when the epoch before has been revoked', async () => {
  const gate = new Gate();
  const { thread, told, open } = following({ onRevoked: () => gate.opened });
  open(1);
  await thread.settle();
  thread.close(1, 'revoked');
  open(2);
  await thread.settle();
  expect(told).toEqual(['assigning 0', 'assigned', 'revoking 0']);
  gate.open();
  await thread.settle();
  expect(told.slice(3)).toEqual(['revoked', 'assigning 0', 'assigned']);
});

test('onRevoked that fails is told, and the partition is given up', async () => {
  const { thread, open, drain } = following({
    onRevoked: () => {
      throw new Error('disk full');
    },
  });
  open(1);
  await thread.settle();
  drain(1);
  await thread.settle();
  expect(thread.of('closed')).toEqual([{ kind: 'closed', ...place, epoch: 1, failed: true }]);
  expect(thread.of('log')[0]?.line.message).toMatch(/onRevoked failed.*disk full/);
});

test('a hook over timeouts.handler is aborted; one that goes on for as long again costs its thread', async () => {
  const { thread, contexts, open } = following({ onAssigned: () => new Promise(() => {}) });
  open(1);
  await thread.settle();
  await thread.clock.advance(60_000);
  expect(contexts[0]?.signal.reason).toBe('timeout');
  expect(thread.of('tainted')).toEqual([]);
  await thread.clock.advance(60_000);
  expect(thread.of('tainted')).toMatchObject([
    { reason: expect.stringMatching(/onAssigned went on for 60000 ms/), blame: 'none' },
  ]);
});

test('a hook may publish, and is over when that is acknowledged', async () => {
  const { thread, told, drain, open } = following({
    onRevoked: (_, ctx) => void ctx.publish({ topic: 'snapshots', type: 'Counted', data: { count: 3 } }),
  });
  open(1);
  await thread.settle();
  drain(1);
  await thread.settle();
  expect(told.at(-1)).toBe('revoked');
  expect(thread.of('closed')).toEqual([]);
  const { request } = thread.of('publish')[0]!;
  const places = [{ topic: 'snapshots', partition: 0, offset: 7 }];
  thread.runner.receive({ kind: 'published', request, result: { kind: 'ok', places } });
  await thread.settle();
  expect(thread.of('closed')).toHaveLength(1);
});

test('records that may have killed a thread run when the partition is assigned to the next one', async () => {
  const gate = new Gate();
  const { thread, told } = following({ onAssigned: () => gate.opened });
  thread.give([{}], { opening: { finished: [], suspects: [{ offset: 0, deaths: 1 }] } });
  await thread.settle();
  expect(told).toEqual(['assigning 0']);
  gate.open();
  await thread.settle();
  expect(told.slice(1)).toEqual(['assigned', 'record 0', 'done 0']);
});

test('modules are revoked in the opposite order', async () => {
  const told: string[] = [];
  const module = (name: string) =>
    defineHandlers(
      { Placed() {} },
      {
        onAssigned: () => told.push(`assigned ${name}`),
        onRevoked: () => told.push(`revoked ${name}`),
      },
    );
  const thread = new ThreadUnderTest([module('a'), module('b'), { Placed() {} }]);
  thread.runner.receive({ kind: 'open', ...place, epoch: 1 });
  await thread.settle();
  thread.runner.receive({ kind: 'close', ...place, epoch: 1, mode: 'drain', reason: 'shutdown' });
  await thread.settle();
  expect(told).toEqual(['assigned a', 'assigned b', 'revoked b', 'revoked a']);
});
