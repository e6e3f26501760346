// Kafka has the dead letter, with key, value and headers byte for byte, before the offset behind it is committed.
// Rows S-64, S-65.
import { describe, expect, test } from 'vitest';
import type { RuntimeEvents } from '../../runtime/core/events.ts';
import type { RawHeader } from '../../runtime/core/thread-messages.ts';
import { type StoredRecord, startTestRuntime, type TestRuntime } from '../../runtime/testing/index.ts';
import { targets } from '../peers/support/targets.ts';
import { ended, scripted } from './support/calls.ts';
import { embedded } from './support/embedded.ts';
import { gate } from './support/gate.ts';
import { quick } from './support/quick.ts';

const headers: readonly RawHeader[] = [
  ['event_type', Buffer.from('OrderPlaced')],
  ['trace', Buffer.from('first')],
  ['binary', Buffer.of(0, 255, 128, 10)],
  ['trace', Buffer.from('second')],
  ['none', null],
  ['empty', Buffer.alloc(0)],
  ['dlq_reason', Buffer.from('of an earlier round')],
  ['größe', Buffer.from('µ')],
];
const key = Buffer.from('order \u0000 00e9');
const value = Buffer.from('{ "succeedsAt": 99,\n  "text": "\u{1f600}" }');

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    const clients = ['kafkajs', 'platformatic'];
    test.for(clients)(
      'a record that always fails becomes a dead letter before its offset is committed: %s',
      async (client, t) => {
        const topic = target.fresh('orders');
        target.owns(topic, `${topic}.dlq`);
        const name = target.fresh('billing');
        const rt = await startTestRuntime(t, {
          brokers: target.addresses,
          topics: { [topic]: { partitions: 1 } },
          group: { ...quick, name, retry: { ...quick.retry, maxRetries: 2 } },
          handlers: scripted,
          manifest: { kafka: { client } },
        });
        const letters = lettersAtCommit(rt, topic, 2);
        await rt.publish(topic, [
          { key: Buffer.from('before'), value: Buffer.from('{}'), headers: [] },
          { key, value, headers },
          { key: Buffer.from('after'), value: Buffer.from('{}'), headers: [] },
        ]);
        await rt.until(async () => (await rt.committed(name, topic, 0)) === 3n);

        expect(await letters).toHaveLength(1);
        const [letter] = await letters;
        expect([letter!.key, letter!.value]).toEqual([key, value]);
        expect(letter!.headers.slice(0, 7)).toEqual(headers.filter(([header]) => !header.startsWith('dlq_')));
        expect(letter!.headers.slice(7).map(([header, text]) => [header, text?.toString()])).toEqual([
          ['dlq_reason', 'max_retries_exceeded'],
          ['dlq_error_type', 'Error'],
          ['dlq_error_message', 'attempt 3 is not 99'],
          ['dlq_retry_count', '2'],
          ['dlq_timestamp', expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/)],
          ['dlq_original_topic', topic],
          ['dlq_original_partition', '0'],
          ['dlq_original_offset', '1'],
          ['dlq_consumer_group', name],
        ]);
        expect(ended('succeeded', rt)).toEqual(['before 1', 'after 1']);
        expect((await rt.stop()).exitCode).toBe(0);
        expect(await rt.deadLetters(topic)).toHaveLength(1);
      },
    );
  });
}

test('a dead letter that takes long holds back the commit so long', async (t) => {
  const broker = await embedded(t);
  const started = gate(t);
  const rt = await startTestRuntime(t, {
    brokers: [broker.address],
    topics: { orders: { partitions: 1 } },
    group: { ...quick, name: 'billing', retry: { ...quick.retry, maxRetries: 0 } },
    handlers: scripted,
  });
  const letters = lettersAtCommit(rt, 'orders', 1);
  await rt.publish('orders', [['a', { succeedsAt: 2, waitsFor: started.path }]]);
  broker.control.next('Produce', { kind: 'delay', ms: 500 });
  started.open();
  await rt.until(async () => (await rt.committed('billing', 'orders', 0)) === 1n);
  expect((await letters).map(({ key }) => key?.toString())).toEqual(['a']);
});

/** Reads the dead letter topic at the moment that a commit reaches `offset`. */
function lettersAtCommit(rt: TestRuntime, topic: string, offset: number): Promise<readonly StoredRecord[]> {
  return new Promise((resolve, reject) => {
    rt.runtime.events.listen((name, event) => {
      if (name !== 'offsets.committed') return;
      const { offsets } = event as RuntimeEvents['offsets.committed'];
      if (offsets.some((committed) => committed.offset >= offset)) rt.deadLetters(topic).then(resolve, reject);
    });
  });
}
