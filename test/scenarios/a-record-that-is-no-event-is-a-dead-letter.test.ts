// Where events are registered, a record of another type, without a type, or with a value that breaks its schema reaches no
// handler and is not lost: it is a dead letter that says why (S-09, S-104, C-14, rows R6 and R16).
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestRuntime, type TestRecord } from '../../runtime/testing/index.ts';
import { quick } from './support/quick.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures');

test('a record that is no event is a dead letter', async (t) => {
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quick, name: 'billing' },
    handlers: join(fixtures, 'handlers', 'harmful.ts'),
    manifest: { schemas: { events: { OrderPlaced: join(fixtures, 'schemas', 'order-placed.schema.json') } } },
  });
  const record = (key: string, value: object, type: string | null): TestRecord => {
    return [key, value, type === null ? {} : { event_type: type }];
  };
  await rt.publish('orders', [
    record('good', { total: 3 }, 'OrderPlaced'),
    record('negative', { total: -3 }, 'OrderPlaced'),
    record('unknown', { total: 3 }, 'OrderPayed'),
    record('none', { total: 3 }, null),
    record('good', { total: 4 }, 'OrderPlaced'),
  ]);
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 5n);
  const letters = rt.events('record.deadLettered').map(({ key, reason }) => `${key}: ${reason}`);
  expect(letters.toSorted()).toEqual(['negative: schema_error', 'none: unknown_type', 'unknown: unknown_type']);
  expect(rt.events('handler.log').map(({ line }) => line.message)).toEqual(['OrderPlaced', 'OrderPlaced']);
  const [first] = await rt.deadLetters('orders');
  expect(String(first?.headers.find(([name]) => name === 'dlq_error_message')?.[1])).toMatch(/total must be >= 0|type/);
});
