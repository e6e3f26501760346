// Handlers may keep what they know of a partition in memory: onAssigned loads it before the first record, onRevoked saves
// it after the last one and before the last commit, when members come and go, and at a stop.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defineHandlers } from '../../runtime/handler/define-handlers.ts';
import { startTestRuntime, type TestContext, type TestRecord, type TestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { quick, quickInline } from './support/quick.ts';

const counting = join(import.meta.dirname, '..', 'fixtures', 'handlers', 'counting.ts');
const partitions = 4;
const neverCommits = { commit: { interval: '10m', everyRecords: 1_000_000 } };

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test.for(['pool', 'inline'])(
      'S-52: counts kept in memory are right after members came and went, execution %s',
      async (execution, t) => {
        const folder = countsFolder(t);
        const topic = target.fresh('orders');
        target.owns(topic, `${topic}.dlq`);
        const speed = execution === 'pool' ? quick : quickInline;
        const group = { ...speed, ...neverCommits, execution, name: target.fresh('counts'), topics: [topic] };
        const member = { brokers: target.addresses, group, handlers: counting };
        const first = await startTestRuntime(t, { ...member, topics: { [topic]: { partitions } } });
        await first.publish(topic, records(200));
        await first.until(() => first.count('handler.tally') > 0);
        const second = await startTestRuntime(t, member);
        await second.until(() => hooks('assigned', second) > 0);
        await first.publish(topic, records(200));
        expect(await first.stop()).toEqual({ exitCode: 0, error: null });
        expect(hooks('assigned', first)).toBe(hooks('revoked', first));
        await second.publish(topic, records(100));
        await second.until(() => hooks('assigned', second) === partitions);
        await second.until(async () => (await handled(second)) >= 100);
        expect(await second.stop()).toEqual({ exitCode: 0, error: null });
        expect(hooks('revoked', second)).toBe(partitions);

        const counted = readdirSync(folder).reduce((sum, file) => sum + Number(readFileSync(join(folder, file))), 0);
        let committed = 0;
        for (let partition = 0; partition < partitions; partition++) {
          committed += Number((await first.committed(group.name, topic, partition)) ?? 0n);
        }
        // What a stop leaves unread is neither counted nor committed.
        expect(counted).toBe(committed);
        expect(committed).toBeGreaterThan(300);
      },
    );
  });
}

test('a thread that is replaced is told of its partitions anew', async (t) => {
  countsFolder(t);
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quick, name: 'counts', retry: { maxRetries: 5, baseDelay: '5ms' } },
    handlers: counting,
  });
  await rt.publish('orders', [['a', { die: true }], ...records(20)]);
  await rt.until(async () => (await rt.committed('counts', 'orders', 0)) === 21n);
  expect(hooks('assigned', rt)).toBe(2);
  expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
  expect(hooks('revoked', rt)).toBe(1);
  expect(rt.count('record.retried')).toBe(0);
});

test('nothing is committed before onRevoked has resolved', async (t) => {
  const seen: unknown[] = [];
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quickInline, ...neverCommits, name: 'counts' },
    handlers: defineHandlers(
      { '*': () => {} },
      { onRevoked: async () => void seen.push(await rt.committed('counts', 'orders', 0)) },
    ),
  });
  await rt.publish('orders', records(5));
  await rt.until(() => rt.events('handler.tally').some(({ tally }) => tally.handled.some(({ count }) => count === 5)));
  expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
  expect(seen).toEqual([null]);
  expect(await rt.committed('counts', 'orders', 0)).toBe(5n);
});

test('a stop waits for onRevoked as long as the drain budget lasts, and says that it was cut short', async (t) => {
  const reasons: unknown[] = [];
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quickInline, name: 'counts' },
    manifest: { shutdown: { timeout: '1s' } },
    handlers: defineHandlers(
      { '*': () => {} },
      {
        onRevoked: (_, { signal }) =>
          new Promise<void>((resolve) => {
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason);
              resolve();
            });
          }),
      },
    ),
  });
  await rt.until(() => rt.count('partition.opened') === 1);
  expect(await rt.stop()).toEqual({ exitCode: 4, error: null });
  expect(reasons).toEqual(['shutdown']);
});

function countsFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'counts-'));
  process.env.COUNTS = folder;
  t.onTestFinished(async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function records(count: number): readonly TestRecord[] {
  return Array.from({ length: count }, (_, i): TestRecord => [`key ${i % 12}`, {}]);
}

function hooks(what: string, rt: TestRuntime): number {
  return rt.events('handler.log').filter(({ line }) => line.message === what).length;
}

async function handled(rt: TestRuntime): Promise<number> {
  const tallies = rt.events('handler.tally').flatMap(({ tally }) => tally.handled);
  return tallies.reduce((sum, { count }) => sum + count, 0);
}
