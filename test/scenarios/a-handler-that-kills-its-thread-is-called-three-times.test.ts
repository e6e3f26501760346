// Whatever a handler does to its thread costs its own record: three deaths, then a dead letter. The next record of the
// same key and the other keys are handled, and no group is left.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { embedded } from './support/embedded.ts';
import { joinsOf } from './support/membership.ts';
import { quick } from './support/quick.ts';

const handlers = join(import.meta.dirname, '..', 'fixtures', 'handlers', 'harmful.ts');

for (const harm of ['exit', 'wait', 'spinAfterAwait', 'eatMemory']) {
  test(`a handler that kills its thread is called three times: ${harm}`, async (t) => {
    const broker = await embedded(t);
    const rt = await startTestRuntime(t, {
      brokers: [broker.address],
      topics: { orders: { partitions: 1 } },
      group: { ...quick, name: 'billing', timeouts: { ...quick.timeouts, handler: '1s' } },
      handlers,
    });
    const joins = joinsOf(rt);
    await rt.publish('orders', [
      ['a', {}, { event_type: 'fine' }],
      ['b', { body: 'kept' }, { event_type: harm }],
      ['b', {}, { event_type: 'fine' }],
      ['c', {}, { event_type: 'fine' }],
    ]);
    await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 4n, 60_000);

    const called = rt.events('handler.log').map(({ line }) => `${line.fields.offset} ${line.message}`);
    expect(called.filter((line) => line === `1 ${harm}`)).toHaveLength(3);
    expect([...new Set(called)].toSorted()).toEqual(['0 fine', `1 ${harm}`, '2 fine', '3 fine']);
    expect(called.filter((line) => line === '2 fine')).toHaveLength(1);
    expect(rt.count('thread.died')).toBe(3);
    expect(rt.events('record.deadLettered')).toMatchObject([{ offset: 1, reason: 'worker_crash' }]);
    expect((await rt.deadLetters('orders')).map(({ value }) => value?.toString())).toEqual(['{"body":"kept"}']);
    expect(joinsOf(rt)).toBe(joins);
  });
}

// Without a limit of its own a thread may take what the machine gives before it ends; with one it ends alone, soon.
test('a handler that needs more than concurrency.maxHeap costs its own record only', async (t) => {
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quick, name: 'billing', concurrency: { workers: 1, maxHeap: '48MiB' } },
    handlers,
  });
  await rt.publish('orders', [
    ['a', {}, { event_type: 'eatMemory' }],
    ['b', {}, { event_type: 'tellHeap' }],
  ]);
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 2n);
  expect(rt.events('record.deadLettered')).toMatchObject([{ offset: 0, reason: 'worker_crash' }]);
  expect(rt.count('thread.died')).toBe(3);
  expect(rt.events('handler.log').map(({ line }) => line.message)).toContain('heap 48');
  expect((await rt.stop()).exitCode).toBe(0);
});

// A record that is done before its code kills the thread is not blamed, and is not run again.
for (const harm of ['rejectLater', 'throwLater']) {
  test(`a handler that kills its thread after it resolved is called once: ${harm}`, async (t) => {
    const rt = await startTestRuntime(t, {
      topics: { orders: { partitions: 1 } },
      group: { ...quick, name: 'billing' },
      handlers,
    });
    await rt.publish('orders', [['a', {}, { event_type: harm }]]);
    await rt.until(() => rt.count('thread.replaced') === 1);
    await rt.publish('orders', [['b', {}, { event_type: 'fine' }]]);
    await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 2n);
    expect(rt.events('handler.log').map(({ line }) => line.message)).toEqual([harm, 'fine']);
    expect(rt.count('record.exhausted')).toBe(0);
  });
}

test('a handler may not change the folder of the process, and its copy of the record is its own', async (t) => {
  const folder = process.cwd();
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quick, name: 'billing', retry: { ...quick.retry, maxRetries: 1 } },
    handlers,
  });
  await rt.publish('orders', [
    ['a', { nr: 1 }, { event_type: 'changeFolder', trace: 'one' }],
    ['b', { nr: 2 }, { event_type: 'mutate', trace: 'two' }],
  ]);
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 2n);
  expect(process.cwd()).toBe(folder);
  expect(rt.count('thread.died')).toBe(0);
  const letters = (await rt.deadLetters('orders')).map(({ key, value, headers }) => [
    key?.toString(),
    value?.toString(),
    headers.slice(0, 2).map(([name, text]) => `${name}: ${text}`),
  ]);
  expect(letters.toSorted()).toEqual([
    ['a', '{"nr":1}', ['event_type: changeFolder', 'trace: one']],
    ['b', '{"nr":2}', ['event_type: mutate', 'trace: two']],
  ]);
});
