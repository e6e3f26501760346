import { expect, test } from 'vitest';
import { KafkaError } from '../../../runtime/core/errors.ts';
import { EventHub } from '../../../runtime/core/events.ts';
import type { OutboundRecord } from '../../../runtime/core/thread-messages.ts';
import { createOutcome, type OutcomeOptions } from '../../../runtime/outcome/settle.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { exhaustedReport } from './exhausted-report.ts';

const group: OutcomeOptions['group'] = {
  name: 'billing',
  topics: [{ name: 'orders', dlqTopic: 'orders.dlq' }],
  retry: { maxRetries: 3, baseDelayMs: 1, maxDelayMs: 1, jitter: 0, never: [], onExhausted: 'dlq' },
  dlq: { enabled: true, onError: 'block', onDisabled: 'block', maxReplays: 3 },
};

function setup(part: Partial<OutcomeOptions['group']> = {}) {
  const clock = new ManualClock();
  const ended = new AbortController();
  const hub = new EventHub();
  const events: string[] = [];
  const waits: string[] = [];
  hub.listen((name, event) => {
    if (name.startsWith('loop.')) waits.push(name);
    else events.push('delayMs' in event ? `${name} ${event.delayMs}` : name);
  });
  const writes: { record: OutboundRecord; ok: () => void; fail: (error: Error) => Promise<void> }[] = [];
  const outcome = createOutcome({
    group: { ...group, ...part },
    write: (record) =>
      new Promise((resolve, reject) =>
        writes.push({
          record,
          ok: () => resolve(null),
          fail: (error) => {
            reject(error);
            return clock.turn();
          },
        }),
      ),
    clock,
    random: () => 0.5,
    emit: hub.emit,
  });
  return { clock, ended, outcome, writes, events, waits };
}

function tooLarge(): KafkaError {
  const kafkaError = { code: 10, name: 'MESSAGE_TOO_LARGE' };
  return new KafkaError('RT_KAFKA_REFUSED', 'too large', { retryable: false, kafkaError });
}

test('a record is settled when its dead letter is acknowledged, not before', async () => {
  const { ended, outcome, writes, events, clock } = setup();
  let result = '';
  void outcome.settle(exhaustedReport(), ended.signal).then((r) => {
    result = r;
  });
  await clock.turn();
  expect(writes[0]?.record.topic).toBe('orders.dlq');
  expect(result).toBe('');
  writes[0]?.ok();
  await clock.turn();
  expect(result).toBe('settled');
  expect(events).toEqual(['record.exhausted', 'record.deadLettered']);
});

test('a write that fails is tried again for ever, with delays from 1 s to 60 s', async () => {
  const { ended, outcome, writes, events, clock } = setup();
  void outcome.settle(exhaustedReport(), ended.signal);
  await clock.turn();
  for (let i = 0; i < 8; i++) {
    await writes[i]!.fail(new Error('refused'));
    await clock.advance(60_000);
  }
  expect(writes).toHaveLength(9);
  expect(writes[8]!.record).toBe(writes[0]!.record);
  const delays = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];
  expect(events).toEqual(['record.exhausted', ...delays.map((ms) => `deadLetter.failed ${ms}`)]);
});

test('the wait for a dead letter goes on until it is written, but a Kafka that cannot be reached does not count', async () => {
  const { ended, outcome, writes, waits, clock } = setup();
  void outcome.settle(exhaustedReport(), ended.signal);
  await clock.turn();
  await writes[0]!.fail(new Error('refused'));
  await clock.advance(60_000);
  expect(waits).toEqual(['loop.waiting', 'loop.waiting']);
  await writes[1]!.fail(new KafkaError('RT_KAFKA_CONNECTION', 'gone', { retryable: true }));
  await clock.advance(60_000);
  writes[2]!.ok();
  await clock.turn();
  expect(waits.slice(2)).toEqual(['loop.answered', 'loop.waiting', 'loop.answered']);
});

test('a letter that is too large is shortened at once; one that cannot be shortened waits like any other', async () => {
  const { ended, outcome, writes, clock } = setup();
  const settled = outcome.settle(exhaustedReport(), ended.signal);
  await clock.turn();
  for (let i = 0; i < 4; i++) {
    await writes[i]!.fail(tooLarge());
    await clock.advance(0);
  }
  expect(writes.map(({ record }) => [record.value === null, record.key === null])).toEqual([
    [false, false],
    [true, false],
    [true, false],
    [true, true],
  ]);
  await clock.advance(1_000);
  writes[4]!.ok();
  expect(await settled).toBe('settled');
});

test('onExhausted: stop holds the record and writes nothing', async () => {
  const { ended, outcome, writes, events } = setup({ retry: { ...group.retry, onExhausted: 'stop' } });
  expect(await outcome.settle(exhaustedReport(), ended.signal)).toBe('held');
  expect(writes).toHaveLength(0);
  expect(events).toEqual(['record.exhausted', 'record.held']);
});

test.each([
  ['block', 'held', 'record.held'],
  ['drop', 'settled', 'record.dropped'],
] as const)('without a dead letter topic, onDisabled: %s', async (onDisabled, result, event) => {
  const { ended, outcome, writes, events } = setup({
    dlq: { enabled: false, onError: 'block', onDisabled, maxReplays: 3 },
    topics: [{ name: 'orders', dlqTopic: null }],
  });
  expect(await outcome.settle(exhaustedReport(), ended.signal)).toBe(result);
  expect(writes).toHaveLength(0);
  expect(events).toEqual(['record.exhausted', event]);
});

test('after stop nothing is written any more and nothing is settled', async () => {
  const { ended, outcome, writes, clock } = setup();
  let settled = false;
  void outcome.settle(exhaustedReport(), ended.signal).then(() => {
    settled = true;
  });
  void outcome.settle(exhaustedReport(), ended.signal).then(() => {
    settled = true;
  });
  await clock.turn();
  await writes[0]!.fail(new Error('refused'));
  outcome.stop();
  writes[1]!.ok();
  await clock.advance(120_000);
  expect(writes).toHaveLength(2);
  expect(settled).toBe(false);
  expect(clock.pending).toBe(0);
});

test('with the end of its epoch a dead letter is not tried again, nothing waits for it, and nothing is settled', async () => {
  const { ended, outcome, writes, events, waits, clock } = setup();
  let settled = 0;
  for (let i = 0; i < 3; i++) void outcome.settle(exhaustedReport(), ended.signal).then(() => settled++);
  await clock.turn();
  await writes[0]!.fail(new Error('refused'));
  ended.abort();
  expect(waits.filter((name) => name === 'loop.answered')).toHaveLength(3);
  const before = [...events, ...waits];
  await writes[1]!.fail(new Error('refused'));
  writes[2]!.ok();
  await clock.advance(120_000);
  expect(clock.pending).toBe(0);
  expect(writes).toHaveLength(3);
  expect([...events, ...waits]).toEqual(before);
  expect(settled).toBe(0);
});
