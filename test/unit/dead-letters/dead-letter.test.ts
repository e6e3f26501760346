// What a letter says is read from its headers, whoever wrote them and whatever they say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deadLetterOf } from '../../../runtime/dead-letters/dead-letter.ts';
import { replayedRecord } from '../../../runtime/dead-letters/replayed-record.ts';
import { deadLetter } from '../../../runtime/outcome/dead-letter.ts';
import { pythonPeersFolder } from '../../../scripts/real/python.ts';
import { exhaustedReport } from '../outcome/exhausted-report.ts';
import { headers, letter, record } from './support.ts';

interface Golden {
  readonly name: string;
  readonly key: string;
  readonly value: string;
  readonly headers: readonly (readonly [string, string])[];
}

const records: readonly Golden[] = JSON.parse(readFileSync(join(pythonPeersFolder, 'golden.json'), 'utf8')).records;
const golden = (name: string) => {
  const { key, value, headers: texts } = records.find((one) => one.name === name)!;
  return { key: Buffer.from(key), value: Buffer.from(value, 'base64'), headers: headers(...texts) };
};

test('S-65: a dead letter of eventsource-py is understood', () => {
  expect(deadLetterOf(record({ ...golden('dead letter'), partition: 1, offset: 7, timestamp: 5 }))).toMatchObject({
    ...{ topic: 'orders.stream.dlq', partition: 1, offset: 7n, timestamp: new Date(5) },
    ...{ eventType: 'OrderPlaced', eventId: '00000001-0000-4000-8000-000000000000' },
    original: { topic: 'golden.stream', partition: 0, offset: 4n },
    ...{ group: 'golden-g', reason: 'max_retries_exceeded', retries: 3, replayCount: 0, truncated: false },
    error: { name: 'ValueError', message: expect.stringMatching(/^nö 🚀 x+$/u) },
    failedAt: new Date('2026-11-21T01:04:38.508Z'),
  });
});

test('S-65: a dead letter of ours is understood', () => {
  const wallTime = Date.UTC(2026, 10, 21, 1, 4, 38, 508);
  const { topic: _, ...written } = deadLetter(exhaustedReport(), 'orders.dlq', 'billing', wallTime);
  expect(deadLetterOf(record(written))).toMatchObject({
    original: { topic: 'orders', partition: 2, offset: 41n },
    ...{ group: 'billing', reason: 'max_retries_exceeded', retries: 3, eventType: 'OrderPlaced', eventId: null },
    error: { name: 'ValueError', message: 'no such customer' },
    failedAt: new Date(wallTime),
  });
});

test('a record that says nothing, or nonsense, is a letter too', () => {
  const nothing = {
    ...{ eventType: null, eventId: null, group: null, reason: null, retries: null, failedAt: null },
    ...{ original: { topic: null, partition: null, offset: null }, error: { name: null, message: null } },
    ...{ replayCount: 0, truncated: false },
  };
  expect(letter()).toMatchObject(nothing);
  const nonsense = letter(
    ['dlq_original_partition', '-1'],
    ['dlq_original_offset', '1e3'],
    ['dlq_retry_count', '99999999999999999'],
    ['dlq_timestamp', 'yesterday'],
    ['dlq_replay_count', 'two'],
  );
  expect(nonsense).toMatchObject(nothing);
  expect(deadLetterOf(record({ headers: [['dlq_reason', null]] }))).toMatchObject(nothing);
});

test('of headers that are repeated the last one counts, and of the replays the first, as handlers see it', () => {
  const twice = letter(
    ['dlq_reason', 'old'],
    ['dlq_replay_count', '1'],
    ['dlq_reason', 'new'],
    ['dlq_replay_count', '7'],
  );
  expect(twice).toMatchObject({ reason: 'new', replayCount: 1 });
});

test('S-68: a letter is sent back with the bytes that eventsource-py sends', () => {
  const dead = deadLetterOf(record(golden('dead letter')));
  const { key, value, headers: expected } = golden('replayed from the dead letter queue');
  expect(replayedRecord(dead, 'golden.stream')).toEqual({ topic: 'golden.stream', key, value, headers: expected });
});

test('replays are counted on from what the letter says, and no header of an earlier round stays', () => {
  const again = letter(['x', '1'], ['dlq_replay_count', '2'], ['retry_count', '3'], ['dlq_reason', 'r'], ['x', '2']);
  expect(replayedRecord(again, 'orders').headers).toEqual(
    headers(['x', '1'], ['x', '2'], ['retry_count', '0'], ['dlq_replay_count', '3']),
  );
});
