import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../../runtime/testing/start-test-runtime.ts';
import { until } from '../../../runtime/testing/until.ts';
import { folder } from './folder.ts';

test('a handler module runs in threads, and its dead letters can be read as bytes', async (t) => {
  const path = join(folder(t), 'handlers.mjs');
  writeFileSync(
    path,
    "import { isMainThread } from 'node:worker_threads';\n" +
      'export default { "*": (event) => { throw new Error(isMainThread ? "main" : "thread"); } };\n',
  );
  const rt = await startTestRuntime(t, {
    topics: { orders: {} },
    group: { name: 'billing', retry: { maxRetries: 0 }, concurrency: { workers: 1 } },
    handlers: path,
  });
  await rt.publish('orders', [['k', { total: 1 }, { event_type: 'OrderPlaced' }]]);
  await rt.until(() => rt.count('record.deadLettered') === 1);
  const [letter] = await rt.deadLetters('orders');
  expect(String(letter?.key)).toBe('k');
  expect(String(letter?.value)).toBe('{"total":1}');
  const headers = Object.fromEntries(letter!.headers.map(([name, value]) => [name, String(value)]));
  expect(headers).toMatchObject({
    event_type: 'OrderPlaced',
    dlq_error_message: 'thread',
    dlq_consumer_group: 'billing',
  });
});

test('two runtimes share a broker and a group', async (t) => {
  const topics = { orders: { partitions: 2 } };
  const seen: string[] = [];
  const first = await startTestRuntime(t, { topics, handler: (event) => void seen.push(`first ${event.partition}`) });
  const second = await startTestRuntime(t, {
    topics,
    brokers: first.brokers,
    handler: (event) => void seen.push(`second ${event.partition}`),
  });
  await second.until(() => [first, second].every(({ runtime }) => runtime.health().groups[0]?.partitions === 1));
  await first.publish(
    'orders',
    [0, 1].map((partition) => ({ key: null, value: null, headers: [], partition })),
  );
  await first.until(() => seen.length === 2);
  expect(seen.map((text) => text.split(' ')[0]).toSorted((a, b) => a!.localeCompare(b!))).toEqual(['first', 'second']);
});

test('what never becomes true fails with the condition and the state', async () => {
  const lag = 3;
  await expect(until(() => lag === Number('0'), { withinMs: 30, state: () => ({ lag, at: 7n }) })).rejects.toThrow(
    /not true within 30 ms: .*lag ===.*\nstate: \{\n {2}"lag": 3,\n {2}"at": "7"\n\}/,
  );
});
