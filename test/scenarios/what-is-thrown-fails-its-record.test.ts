// However a handler fails while its record is under way, the record is tried again and is a dead letter in the end: no
// error is swallowed.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { quick } from './support/quick.ts';

const handlers = join(import.meta.dirname, '..', 'fixtures', 'handlers', 'harmful.ts');

const ways = [
  { type: 'throwNow', reason: 'max_retries_exceeded', message: 'at once' },
  { type: 'rejectNow', reason: 'max_retries_exceeded', message: 'as a promise' },
  // Nobody knows whose error it is, so it costs the thread.
  { type: 'throwWhilePending', reason: 'worker_crash', message: 'the handler thread died 3 times' },
  { type: 'rejectWhilePending', reason: 'worker_crash', message: 'the handler thread died 3 times' },
];

test.for(ways)('what is thrown fails its record: $type', async ({ type, reason, message }, t) => {
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quick, name: 'billing', retry: { ...quick.retry, maxRetries: 2 } },
    handlers,
  });
  await rt.publish('orders', [
    ['a', {}, { event_type: type }],
    ['b', {}, { event_type: 'fine' }],
  ]);
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 2n, 60_000);
  expect(rt.events('handler.log').filter(({ line }) => line.message === type)).toHaveLength(3);
  expect(rt.events('record.exhausted')).toMatchObject([
    { reason, error: { message: expect.stringContaining(message) as unknown } },
  ]);
  expect((await rt.deadLetters('orders')).map(({ key }) => key?.toString())).toEqual(['a']);
});
