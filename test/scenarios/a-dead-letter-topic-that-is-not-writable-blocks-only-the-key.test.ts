// While Kafka refuses the dead letter, its key waits and the commit with it; nothing is dropped, and it heals by itself.
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { ended, scripted } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { gate } from './support/gate.ts';
import { quick } from './support/quick.ts';

const topicAuthorizationFailed = 29;

test('a dead letter topic that is not writable blocks only the key', async (t) => {
  const broker = await embedded(t);
  const started = gate(t);
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    topics: { orders: { partitions: 1 } },
    group: { ...quick, name: 'billing', retry: { ...quick.retry, maxRetries: 0 } },
    handlers: scripted,
  });
  await rt.publish('orders', [
    ['bad', { succeedsAt: 99, waitsFor: started.path }],
    ['bad', {}],
    ['good', {}],
  ]);
  broker.control.next('Produce', { kind: 'error', code: topicAuthorizationFailed });
  started.open();

  await rt.until(() => rt.count('deadLetter.failed') === 1 && ended('succeeded', rt).includes('good 1'));
  expect(await rt.deadLetters('orders')).toEqual([]);
  expect(await rt.committed('billing', 'orders', 0)).not.toBe(3n);
  expect(ended('succeeded', rt)).toEqual(['good 1']);

  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 3n);
  expect(ended('succeeded', rt)).toEqual(['good 1', 'bad 1']);
  expect(ended('failed', rt)).toEqual(['bad 1']);
  expect((await rt.deadLetters('orders')).map(({ key }) => key?.toString())).toEqual(['bad']);
});
