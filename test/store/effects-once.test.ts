// With `dedupe.store: sql` the mark that a record was handled lies in the transaction of its effect: both are there, or
// none, whatever happens to the handler, to the record or to the database.
// Row S-55.
import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { Context, Event } from '../../runtime/index.ts';
import {
  startTestRuntime,
  type TestContext,
  type TestRuntime,
  type TestRuntimeOptions,
} from '../../runtime/testing/index.ts';
import { quickInline as quick } from '../scenarios/support/quick.ts';
import { type DatabaseUnderTest, describeDatabases, describePostgres, effects } from './support/databases.ts';

interface Options {
  readonly group?: object;
  readonly handlers: object;
  readonly brokers?: TestRuntime['brokers'];
  readonly joined?: boolean;
  readonly topics?: NonNullable<TestRuntimeOptions['topics']>;
}

/** A group that handles records once, by their header `event_id`. Marks are by group, so each test has its own. */
async function startGroup(t: TestContext, { url }: DatabaseUnderTest, options: Options) {
  const { group = {}, handlers, ...rest } = options;
  const name = `once-${randomUUID()}`;
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    manifest: { store: { url } },
    group: { ...quick, name, dedupe: { by: 'header:event_id', store: 'sql' }, ...group },
    handlers,
    ...rest,
  });
  const finished = (offset: bigint) => rt.until(async () => (await rt.committed(name, 'orders', 0)) === offset);
  return { rt, name, finished };
}

async function insert(event: Event, { tx }: Context): Promise<void> {
  await tx!.query('insert into effects (name) values ($1)', [event.key]);
}

const withId = (key: string, id: string) => [key, {}, { event_id: id }] as const;

describeDatabases('effects', (under) => {
  test('S-55, R24: the same id twice, in any order, has its effect once, and is counted', async (t) => {
    const { rt, name, finished } = await startGroup(t, under, { handlers: { '*': insert } });
    const records = ['3', '1', '2', '1', '3', '1'].map((id, index) => withId(`${id}-${index}`, id));
    await rt.publish('orders', records);
    await finished(6n);
    // Which of two copies comes first is not said: their keys differ, so they may run side by side.
    expect((await effects(under.sql)).map((one) => one[0])).toEqual(['1', '2', '3']);
    await rt.stop();
    expect(rt.runtime.stats().groups[name]).toMatchObject({ duplicates_skipped: 3, handler_errors: 0 });
  });

  test('a handler that throws leaves neither effect nor mark, and its retry has the effect once', async (t) => {
    const { rt, finished } = await startGroup(t, under, {
      handlers: {
        async '*'(event: Event, ctx: Context) {
          await insert(event, ctx);
          if (ctx.attempt === 1) throw new Error('after the effect');
        },
      },
    });
    await rt.publish('orders', [withId('a', '1'), withId('b', '1')]);
    await finished(2n);
    expect(await effects(under.sql)).toHaveLength(1);
    expect(rt.count('record.retried')).toBeGreaterThan(0);
  });

  test('a call that is aborted writes nothing more: its transaction is over at once', async (t) => {
    const late: unknown[] = [];
    const { rt, finished } = await startGroup(t, under, {
      group: { timeouts: { ...quick.timeouts, handler: '3s' } },
      handlers: {
        async '*'(event: Event, ctx: Context) {
          await insert(event, ctx);
          if (ctx.attempt > 1) return;
          await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
          await insert(event, ctx).catch((error: unknown) => late.push(error));
        },
      },
    });
    await rt.publish('orders', [withId('a', '1')]);
    await finished(1n);
    expect(late).toMatchObject([{ code: 'RT_HANDLER_ABORTED', message: expect.stringContaining('ctx.tx') }]);
    expect(await effects(under.sql)).toEqual(['a']);
    expect(rt.events('record.retried')).toMatchObject([{ attempt: 1, error: { code: 'RT_HANDLER_TIMEOUT' } }]);
  });

  test('a query that nobody waited for belongs to the effect, also when it fails', async (t) => {
    const { rt, finished } = await startGroup(t, under, {
      handlers: {
        '*'(event: Event, ctx: Context) {
          void insert(event, ctx);
          if (ctx.attempt === 1) void ctx.tx!.query('insert into nowhere values (1)');
        },
      },
    });
    await rt.publish('orders', [withId('a', '1')]);
    await finished(1n);
    expect(rt.events('record.retried')).toMatchObject([{ attempt: 1, error: { name: 'StoreError' } }]);
    expect(await effects(under.sql)).toEqual(['a']);
    expect(rt.count('thread.died')).toBe(0);
  });

  test('handlers do not end the transaction themselves', async (t) => {
    const { rt, finished } = await startGroup(t, under, {
      group: { retry: { ...quick.retry, maxRetries: 0 } },
      handlers: {
        async '*'(event: Event, ctx: Context) {
          await insert(event, ctx);
          await ctx.tx!.query(' COMMIT');
        },
      },
    });
    await rt.publish('orders', [withId('a', '1')]);
    await finished(1n);
    expect(rt.events('record.exhausted')).toMatchObject([
      { error: { message: expect.stringContaining('"COMMIT" is not for handlers') } },
    ]);
    expect(await effects(under.sql)).toEqual([]);
  });

  test('R24: while the marks cannot be kept, records wait: no pass-through, no dead letter, no attempt used up', async (t) => {
    const { rt, finished } = await startGroup(t, under, {
      group: { retry: { ...quick.retry, maxRetries: 0, baseDelay: '10ms', maxDelay: '20ms' } },
      handlers: { '*': insert },
    });
    await under.sql.query('alter table store_handled rename to away');
    try {
      await rt.publish('orders', [withId('a', '1'), withId('b', '1')]);
      await rt.until(() => rt.count('record.retried') > 6);
      expect(await effects(under.sql)).toEqual([]);
    } finally {
      await under.sql.query('alter table away rename to store_handled');
    }
    await finished(2n);
    expect(await effects(under.sql)).toHaveLength(1);
    expect(rt.count('record.exhausted')).toBe(0);
  });

  test('a record without an id is handled, and a second one too', async (t) => {
    const { rt, finished } = await startGroup(t, under, { handlers: { '*': insert } });
    await rt.publish('orders', [
      ['a', {}],
      ['a', {}],
      ['long', {}, { event_id: 'x'.repeat(5_000) }],
      ['long', {}, { event_id: 'x'.repeat(5_000) }],
      ['strange', {}, { event_id: 'no \0 text of PostgreSQL' }],
    ]);
    await finished(5n);
    expect(await effects(under.sql)).toEqual(['a', 'a', 'long', 'strange']);
  });

  test('each module has its effect, and one handler may stay out', async (t) => {
    const seen: unknown[] = [];
    const { rt, finished } = await startGroup(t, under, {
      handlers: {
        Placed: insert,
        Seen: { dedupe: false, handle: (_: Event, { tx }: Context) => void seen.push(tx) },
      },
    });
    const typed = (type: string) => ['a', {}, { event_id: type, event_type: type }] as const;
    await rt.publish('orders', [typed('Placed'), typed('Placed'), typed('Seen'), typed('Seen')]);
    await finished(4n);
    expect(await effects(under.sql)).toEqual(['a']);
    expect(seen).toEqual([undefined, undefined]);
  });

  test('what a handler publishes is acknowledged before the mark counts', async (t) => {
    const { rt, finished } = await startGroup(t, under, {
      topics: { orders: { partitions: 1 }, done: { partitions: 1 } },
      group: { topics: ['orders'] },
      handlers: {
        async '*'(event: Event, ctx: Context) {
          await insert(event, ctx);
          void ctx.publish({ topic: ctx.attempt === 1 ? 'no such name!' : 'done', type: 'Done', key: 'k', data: {} });
        },
      },
    });
    await rt.publish('orders', [withId('a', '1')]);
    await finished(1n);
    expect(await effects(under.sql)).toEqual(['a']);
    expect(await rt.read('done')).toHaveLength(1);
  });
});

describePostgres('effects of two processes', (under) => {
  test.each([
    ['commits', 1],
    ['fails', 0],
  ])('the second one waits for the first, which %s', async (how, duplicates) => {
    const gate = Promise.withResolvers<void>();
    const name = `once-${randomUUID()}`;
    const began: string[] = [];
    // Two brokers, so that both have the record: as a former owner that does not know it yet, and its successor.
    const start = (who: string) =>
      startTestRuntime(
        { onTestFinished },
        {
          topics: { orders: { partitions: 1 } },
          manifest: { store: { url: under.url } },
          group: { ...quick, name, dedupe: { by: 'header:event_id', store: 'sql' }, retry: { maxRetries: 0 } },
          handlers: {
            async '*'(_: Event, { tx }: Context) {
              began.push(who);
              await tx!.query('insert into effects (name) values ($1)', [who]);
              if (who === 'first') await gate.promise;
            },
          },
        },
      );
    const [first, second] = [await start('first'), await start('second')];
    await first.publish('orders', [withId('a', '1')]);
    await first.until(() => began.length === 1);
    await second.publish('orders', [withId('a', '1')]);
    const waits = `select count(*) as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    await second.until(async () => (await under.sql.query<{ count: bigint }>(waits))[0]!.count === 1n);
    expect(began).toEqual(['first']);
    if (how === 'commits') gate.resolve();
    else gate.reject(new Error('no'));
    await second.until(async () => (await second.committed(name, 'orders', 0)) === 1n);
    expect(await effects(under.sql)).toEqual([how === 'commits' ? 'first' : 'second']);
    await second.stop();
    expect(second.runtime.stats().total.duplicates_skipped).toBe(duplicates);
  });

  test('a statement that takes too long is cancelled, and its connection is not used again', async (t) => {
    const { rt, finished } = await startGroup(t, under, {
      group: { timeouts: { ...quick.timeouts, handler: '3s' } },
      handlers: {
        async '*'(event: Event, ctx: Context) {
          await insert(event, ctx);
          if (ctx.attempt === 1) await ctx.tx!.query('select pg_sleep(120)');
        },
      },
    });
    await rt.publish('orders', [withId('a', '1')]);
    await finished(1n);
    expect(rt.events('record.retried')).toMatchObject([{ error: { code: 'RT_HANDLER_TIMEOUT' } }]);
    expect(await effects(under.sql)).toEqual(['a']);
    const asleep = `select 1 from pg_stat_activity where query like '%pg_sleep(120)' and state = 'active' and datname = current_database()`;
    expect(await under.sql.query(asleep)).toEqual([]);
    expect(rt.count('thread.died')).toBe(0);
  });
});
