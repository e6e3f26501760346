// `producer.bufferBytes` is a bound: who finds no room waits up to `producer.maxBlock`, in order, then is told.
// Rows S-30, S-36.
import { expect, test } from 'vitest';
import { BufferRoom, type Entrant } from '../../../runtime/publisher/buffer-room.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { record, setup } from './support.ts';

function room(limitBytes: number) {
  const clock = new ManualClock();
  const told: string[] = [];
  const made = new BufferRoom({ limitBytes, maxBlockMs: 1_000, clock });
  const enter = (name: string, size: number): void => {
    const entrant: Entrant = {
      size,
      entered: () => told.push(`${name} in`),
      refused: (error) => told.push(`${name} ${(error as { readonly code: string }).code}`),
    };
    made.enter(entrant);
  };
  return { made, clock, told, enter };
}

test('nobody enters before those who came earlier, however little it needs', () => {
  const { made, told, enter } = room(100);
  enter('a', 80);
  enter('b', 50);
  enter('c', 10);
  expect(told).toEqual(['a in']);
  made.leave(80);
  expect(told).toEqual(['a in', 'b in', 'c in']);
  expect(made.used).toBe(60);
});

test('whoever waits for maxBlock is refused, and only those', async () => {
  const { made, clock, told, enter } = room(100);
  enter('a', 100);
  enter('b', 100);
  await clock.advance(600);
  enter('c', 100);
  await clock.advance(400);
  expect(told).toEqual(['a in', 'b RT_PUBLISH_BUFFER_FULL']);
  made.leave(100);
  expect(told.at(-1)).toBe('c in');
  await clock.advance(1_000);
  expect(told).toHaveLength(3);
});

test('after many have waited their order still holds', () => {
  const { made, told, enter } = room(10);
  for (let i = 0; i < 5_000; i++) enter(String(i), 10);
  for (let i = 0; i < 4_999; i++) made.leave(10);
  expect(told).toEqual(Array.from({ length: 5_000 }, (_, i) => `${i} in`));
});

test('the bound holds while Kafka is slow, and all that waited is written in order', async () => {
  const { broker, producer, values } = await setup();
  const bufferBytes = 64 * 1024;
  const sender = producer({ bufferBytes, batchRecords: 5 });
  broker.control.next('Produce', ...Array.from({ length: 20 }, () => ({ kind: 'delay', ms: 3 }) as const));
  let most = 0;
  const watch = (): void => {
    most = Math.max(most, sender.bufferedBytes);
  };
  const sent = Array.from({ length: 300 }, (_, i) => {
    const done = sender.send([record('k', `${i} ${'x'.repeat(2_000)}`)]).then(watch);
    watch();
    return done;
  });
  expect(most).toBeGreaterThan(bufferBytes * 0.9); // 600 kB were offered
  await Promise.all(sent);
  expect(most).toBeLessThanOrEqual(bufferBytes);
  expect(sender.bufferedBytes).toBe(0);
  expect((await values()).map((value) => Number(value.split(' ')[0]))).toEqual(
    Array.from({ length: 300 }, (_, i) => i),
  );
});

test('a publish that finds no room within maxBlock fails by name, and what was inside is written', async () => {
  const { broker, producer, values } = await setup();
  const sender = producer({ bufferBytes: 65_536, maxBlockMs: 50 });
  await sender.send([record('k', 'first')]);
  await broker.stop();
  const inside = sender.send([record('k', 'x'.repeat(60_000))]);
  await expect(sender.send([record('k', 'y'.repeat(60_000))])).rejects.toMatchObject({
    code: 'RT_PUBLISH_BUFFER_FULL',
    retryable: true,
    message: expect.stringContaining('raise producer.bufferBytes or producer.maxBlock') as unknown,
  });
  await broker.restart();
  await inside;
  expect((await values()).map((value) => value[0])).toEqual(['f', 'x']);
});

test('a call that is larger than the buffer goes through it in pieces', async () => {
  const { producer, values } = await setup();
  const sender = producer({ bufferBytes: 65_536 });
  await sender.send(Array.from({ length: 100 }, (_, i) => record('k', `${i} ${'x'.repeat(5_000)}`)));
  expect((await values()).map((value) => Number(value.split(' ')[0]))).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test('a record that never fits is refused at once, alone', async () => {
  const { producer, values } = await setup();
  const sender = producer({ bufferBytes: 65_536 });
  const { failures } = await sender.deliver([record('k', 'a'), record('k', 'x'.repeat(70_000)), record('k', 'b')]);
  expect(failures).toMatchObject([{ index: 1, error: { code: 'RT_PUBLISH_INVALID', kafkaError: { code: 10 } } }]);
  expect(await values()).toEqual(['a', 'b']);
});

test('close tells those who wait for room, too, however many', async () => {
  const { broker, producer } = await setup();
  const sender = producer({ bufferBytes: 65_536 });
  await broker.stop();
  const all = Array.from({ length: 20_000 }, () => sender.deliver([record('k', 'x'.repeat(10_000))]));
  expect(sender.bufferedBytes).toBeGreaterThan(0);
  sender.close();
  for (const { failures } of await Promise.all(all)) {
    expect(failures).toMatchObject([{ error: { code: 'RT_KAFKA_CONNECTION' } }]);
  }
  expect(sender.bufferedBytes).toBe(0);
});
