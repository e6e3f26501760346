// Real threads, real handler modules: what no fake can show.
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { until } from '../../../runtime/testing/until.ts';
import { type RealThreads, realThreads } from './real-threads.ts';

const behaviour = fileURLToPath(new URL('../../fixtures/handlers/thread-behaviour.ts', import.meta.url));
const oneWorker = { concurrency: { workers: 1, max: 8 } };
const quick = { retry: { maxRetries: 1, baseDelay: '1ms', maxDelay: '1ms' } };
let open: RealThreads[] = [];

afterEach(async () => {
  await Promise.all(open.map(({ dispatch }) => dispatch.stop()));
  open = [];
});

async function started(fragment: Readonly<Record<string, unknown>> = {}, hiddenEnv: readonly string[] = []) {
  const threads = realThreads(
    { ...quick, ...(fragment.execution === 'inline' ? {} : oneWorker), ...fragment },
    behaviour,
    hiddenEnv,
  );
  open.push(threads);
  await threads.dispatch.start();
  return threads;
}

test.each(['pool', 'inline'] as const)('execution: %s runs the handlers of a record set', async (execution) => {
  const { checkpoint, dispatch, events, exhausted, publish } = await started({ execution });
  publish('ok', 'sleep', 'ok', 'fail', 'unknown', 'ok');
  await until(() => checkpoint() === 6);
  expect(exhausted.map(({ place, attempts, error }) => [place.offset, attempts, error.message])).toEqual([
    [3, 2, 'always'],
  ]);
  expect(await dispatch.drain([{ topic: 'orders', partition: 0 }], 5_000, 'revoked')).toBe(true);
  await dispatch.stop();
  const handled = (events['handler.tally'] ?? []).flatMap(({ tally }) => tally.handled);
  expect(handled.reduce((sum, { count }) => sum + count, 0)).toBe(4); // the last counts came before the end
  expect(events['record.retried']).toHaveLength(1);
});

test('a record that ends its thread three times is given up as worker_crash; the others are finished', async () => {
  const { checkpoint, events, exhausted, publish } = await started();
  publish('ok', 'exit', 'ok', 'ok');
  await until(() => checkpoint() === 4);
  expect(exhausted.map(({ place, reason }) => [place.offset, reason])).toEqual([[1, 'worker_crash']]);
  expect(events['thread.died']).toHaveLength(3);
  expect(events['thread.died']?.[0]?.reason).toContain('process.exit(13)');
  await until(() => events['thread.replaced']?.length === 3);
});

test('a handler that blocks its thread is ended at timeouts.handler', async () => {
  const { checkpoint, events, exhausted, publish } = await started({ timeouts: { handler: '400ms' } });
  publish('block', 'ok');
  await until(() => checkpoint() === 2);
  expect(exhausted.map(({ reason }) => reason)).toEqual(['worker_crash']);
  expect(events['thread.died']?.[0]?.reason).toMatch(/a handler held the thread for \d+ ms/);
});

test('an unhandled rejection after a handler has returned replaces the thread and loses nothing', async () => {
  const { checkpoint, events, exhausted, publish } = await started();
  publish('rejectLate', 'ok', 'sleep');
  await until(() => checkpoint() === 3 && events['thread.replaced'] !== undefined);
  expect(events['thread.died']?.[0]?.reason).toContain('too late');
  expect(exhausted).toEqual([]);
});

test('drain gives up at its budget what never finishes', async () => {
  const { checkpoint, dispatch, publish } = await started();
  publish('ok', 'never', 'ok');
  await until(() => checkpoint() === 1);
  expect(await dispatch.drain([{ topic: 'orders', partition: 0 }], 50, 'revoked')).toBe(false);
  expect(checkpoint()).toBe(1);
});

test('handlers see the environment without the names that secrets are read from', async () => {
  process.env.SECRET_FOR_TEST = 'S3CR3T';
  try {
    const hidden = await started({}, ['SECRET_FOR_TEST']);
    hidden.publish('env');
    await until(() => hidden.checkpoint() === 1);
    expect(hidden.exhausted).toEqual([]);
  } finally {
    delete process.env.SECRET_FOR_TEST;
  }
});

test.each(['pool', 'inline'] as const)('execution: %s tells which module does not load', async (execution) => {
  const threads = realThreads({ execution }, '/nowhere/handlers.ts');
  open.push(threads);
  await expect(threads.dispatch.start()).rejects.toMatchObject({
    name: 'HandlerError',
    code: 'RT_HANDLER_LOAD',
    message: expect.stringContaining('/nowhere/handlers.ts') as unknown,
  });
});
