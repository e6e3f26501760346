// `while (true) {}` costs its thread and nothing else: the membership stays, other partitions go on, and the third time
// the record is a dead letter.
// Row S-40.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestRuntime } from '../../runtime/testing/index.ts';
import { embedded } from './support/embedded.ts';
import { beatsAt, joinsOf } from './support/membership.ts';
import { quick } from './support/quick.ts';

const handlers = join(import.meta.dirname, '..', 'fixtures', 'handlers', 'harmful.ts');

test('a handler that never returns does not stop heartbeats', async (t) => {
  const broker = await embedded(t);
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    topics: { orders: { partitions: 2 } },
    group: { ...quick, name: 'billing', timeouts: { ...quick.timeouts, handler: '2s' } },
    handlers,
  });
  const joins = joinsOf(rt);
  const record = (type: string) => ({
    key: Buffer.from(type),
    value: Buffer.from('{}'),
    headers: [['event_type', Buffer.from(type)] as const],
  });
  await rt.kafka.producer.send([
    { topic: 'orders', partition: 0, ...record('spin') },
    { topic: 'orders', partition: 0, ...record('fine') },
  ]);
  const spinning = () => rt.events('handler.log').filter(({ line }) => line.message === 'spin').length;
  await rt.until(() => spinning() === 1);

  // Its thread stands still now. Heartbeats and the other thread do not.
  const beats = beatsAt(broker);
  await rt.kafka.producer.send([{ topic: 'orders', partition: 1, ...record('fine') }]);
  await rt.until(async () => (await rt.committed('billing', 'orders', 1)) === 1n);
  await rt.until(() => beatsAt(broker) > beats + 3);
  expect(rt.count('thread.died')).toBe(0);

  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 2n);
  expect(spinning()).toBe(3);
  expect(rt.events('thread.died').map(({ thread, reason }) => [thread, reason])).toEqual(
    Array.from({ length: 3 }, () => [0, expect.stringContaining('timeouts.handler')]),
  );
  expect(rt.count('thread.replaced')).toBe(3);
  expect(rt.events('record.deadLettered')).toMatchObject([{ offset: 0, reason: 'worker_crash' }]);
  expect(await rt.deadLetters('orders')).toHaveLength(1);
  expect(joinsOf(rt)).toBe(joins);
  expect(rt.events('group.state').filter(({ state }) => state === 'joined')).toHaveLength(1);
});
