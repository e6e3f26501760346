// A producer that goes on until it knows: a timeout of it is a promise that nothing was written.
import { expect, test } from 'vitest';
import { kafkaErrors } from '../../../runtime/protocol/error-codes.ts';
import { until } from '../../../runtime/testing/until.ts';
import { hastyClock, record, setup } from './support.ts';

const untilAnswered = { clock: hastyClock, deliveryTimeoutMs: 100_000, untilAnswered: true };

test('what was sent outlives the delivery timeout and is written once; what was not sent is given up', async () => {
  const { broker, producer, values } = await setup();
  const writer = producer({ retries: 0 }, untilAnswered);
  const one = (value: string) => writer.send([{ ...record('k', value), partition: 0 }]);
  await one('first');
  const served = broker.control.served('Produce');
  broker.control.next('Produce', { kind: 'loseAnswer' });
  const inDoubt = one('in doubt');
  await until(() => broker.control.served('Produce') > served);
  await broker.stop();
  await expect(one('never sent')).rejects.toMatchObject({ code: 'RT_KAFKA_TIMEOUT' });
  await broker.restart();
  expect(await inDoubt).toEqual([{ topic: 'orders', partition: 0, offset: 1 }]);
  await one('last');
  expect(await values()).toEqual(['first', 'in doubt', 'last']);
});

test('`retries` does not end it', async () => {
  const { broker, producer, values } = await setup();
  const writer = producer({ retries: 0 }, untilAnswered);
  const passing = { kind: 'error', code: kafkaErrors.REQUEST_TIMED_OUT } as const;
  broker.control.next('Produce', passing, passing, passing);
  await writer.send([record('k', 'a')]);
  expect(await values()).toEqual(['a']);
});

test('a record that does not wait for room is told at once that there is none', async () => {
  const { broker, producer } = await setup();
  const writer = producer({ bufferBytes: 3_000, maxBlockMs: 3_600_000 });
  broker.control.next('Produce', { kind: 'delay', ms: 200 });
  const large = () => writer.deliver([record('k', 'x'.repeat(2_000))], { waits: false });
  const [first, second] = await Promise.all([large(), large()]);
  expect(first.failures).toEqual([]);
  expect(second.failures).toMatchObject([{ error: { code: 'RT_PUBLISH_BUFFER_FULL' } }]);
});
