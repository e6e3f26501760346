// Each call stands for itself: what one call logged or failed of does not show in the next one's log lines, and what an
// async one set in its asynchronous context, or any one for the length of a callback, is not there for the next.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { quickInline } from './support/quick.ts';

test('a call knows nothing of the one before it', async (t) => {
  const storage = new AsyncLocalStorage<string>();
  const found: (string | undefined)[] = [];
  const rt = await startTestRuntime(t, {
    topics: { orders: { partitions: 1 } },
    group: { ...quickInline, retry: { ...quickInline.retry, maxRetries: 1 } },
    handlers: {
      sync: (event: { key: string }, ctx: { log: { info(message: string): void } }) => {
        found.push(storage.getStore());
        storage.run(event.key, () => {
          ctx.log.info(`sync ${event.key} ${storage.getStore()}`);
          if (event.key === 'bad') throw new Error('of bad');
        });
      },
      async: async (event: { key: string }, ctx: { log: { info(message: string): void } }) => {
        found.push(storage.getStore());
        storage.enterWith(event.key);
        await turn();
        ctx.log.info(`async ${event.key} ${storage.getStore()}`);
        if (event.key === 'bad') throw new Error('of bad');
      },
    },
  });
  const keys = ['a', 'bad', 'b', 'c', 'bad', 'd'];
  await rt.publish('orders', [
    ...keys.map((key) => [key, {}, { event_type: 'sync' }] as const),
    ...keys.map((key) => [key, {}, { event_type: 'async' }] as const),
  ]);
  await rt.until(async () => (await rt.committed('test', 'orders', 0)) === 12n);

  expect(found).toEqual(Array.from({ length: 16 }, () => undefined));
  for (const { line } of rt.events('handler.log')) {
    const [kind, key, stored = key] = line.message.split(' ');
    expect([line.fields.key, line.fields.type, stored]).toEqual([key, kind, key]);
    expect(keys[Number(line.fields.offset) % 6]).toBe(key);
    expect(JSON.stringify(line)).not.toContain('of bad');
  }
  expect(rt.count('handler.log')).toBe(16);
});
