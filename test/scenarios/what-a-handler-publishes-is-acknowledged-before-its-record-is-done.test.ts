// The record counts as finished only when Kafka has what its handler published, awaited or not; a publish that Kafka
// refuses fails the attempt.
import { expect, test } from 'vitest';
import { type StoredRecord, startTestRuntime } from '../../runtime/testing/index.ts';
import { ended, scripted } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { gate } from './support/gate.ts';
import { quick } from './support/quick.ts';

const topicAuthorizationFailed = 29;
const publishing = { group: { ...quick, name: 'billing', topics: ['orders'] }, handlers: scripted };

test('what a handler publishes is acknowledged before its record is done', async (t) => {
  const broker = await embedded(t);
  const started = gate(t);
  const topics = { orders: { partitions: 1 }, invoices: { partitions: 1 } };
  const rt = await startTestRuntime(t, { ...publishing, brokers: [broker.address], topics });
  const whenCommitted = Promise.withResolvers<readonly StoredRecord[]>();
  rt.runtime.events.listen((name) => {
    if (name === 'offsets.committed') rt.read('invoices').then(whenCommitted.resolve);
  });
  await rt.publish('orders', [['a', { waitsFor: started.path, publishesTo: 'invoices' }]]);
  // The handler resolves long before Kafka answers.
  broker.control.next('Produce', { kind: 'delay', ms: 300 });
  started.open();
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 1n);
  expect((await whenCommitted.promise).map(({ key }) => key?.toString())).toEqual(['a']);
  expect(ended('succeeded', rt)).toEqual(['a 1']);
});

test('a publish that Kafka refuses fails the attempt', async (t) => {
  const broker = await embedded(t);
  const started = gate(t);
  const topics = { orders: { partitions: 1 }, invoices: { partitions: 1 } };
  const rt = await startTestRuntime(t, { ...publishing, brokers: [broker.address], topics });
  await rt.publish('orders', [['a', { waitsFor: started.path, publishesTo: 'invoices' }]]);
  broker.control.next('Produce', { kind: 'error', code: topicAuthorizationFailed });
  started.open();
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 1n);
  expect(rt.events('record.retried')).toMatchObject([{ attempt: 1, offset: 0 }]);
  expect(ended('succeeded', rt)).toEqual(['a 1', 'a 2']);
  expect(await rt.read('invoices')).toHaveLength(1);
  expect(rt.count('record.exhausted')).toBe(0);
});
