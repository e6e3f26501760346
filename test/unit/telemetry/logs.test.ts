// Row S-80.
import { expect, test } from 'vitest';
import type { LogSettings } from '../../../runtime/core/settings.ts';
import { createLogger, logEvents } from '../../../runtime/telemetry/logs.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

const record = { group: 'g', topic: 't', partition: 1, offset: 9, key: 'k', type: 'T' };
const error = { name: 'TypeError', message: 'no', code: null, stack: null, classes: [], delayMs: null };

function logTo(options: Partial<LogSettings> & { isTTY?: boolean } = {}) {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  const clock = new ManualClock();
  const logger = createLogger(
    { level: options.level ?? 'info', format: options.format ?? 'auto' },
    { isTTY: options.isTTY ?? false, colors: false, stream },
  );
  return { lines, clock, listener: logEvents(logger, clock) };
}

test('a line of a record tells where it came from, as JSON', () => {
  const { lines, listener } = logTo();
  listener('record.retried', { ...record, attempt: 2, delayMs: 1500.4, error });
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 40,
    event: 'record.retried',
    group: 'g',
    topic: 't',
    partition: 1,
    offset: 9,
    key: 'k',
    type: 'T',
    attempt: 2,
    error: 'TypeError',
    msg: 'attempt 2 failed, next in 1500 ms: no',
  });
});

test('lines below the level are not written', () => {
  const { lines, listener } = logTo({ level: 'warn' });
  listener('thread.replaced', { group: 'g', thread: 0 });
  expect(lines).toEqual([]);
});

test('a storm of one kind gives 100 lines a second and does not drown the others', async () => {
  const { lines, clock, listener } = logTo();
  for (let i = 0; i < 10_000; i++) listener('record.retried', { ...record, attempt: 1, delayMs: 1, error });
  listener('thread.died', { group: 'g', thread: 0, reason: 'exit' });
  expect(lines.length).toBe(101);

  await clock.advance(1000);
  listener('record.retried', { ...record, attempt: 1, delayMs: 1, error });
  expect(lines.slice(101).map((line) => JSON.parse(line).msg)).toEqual([
    '9900 more lines like this were left out',
    'attempt 1 failed, next in 1 ms: no',
  ]);
});

test.each([
  ['auto', true, 'text'],
  ['auto', false, 'JSON'],
  ['pretty', false, 'text'],
  ['json', true, 'JSON'],
] as const)('format %s, on a terminal: %s, gives %s', (format, isTTY, form) => {
  const { lines, listener } = logTo({ format, isTTY });
  listener('thread.died', { group: 'g', thread: 3, reason: 'exit code 13' });
  const text = lines.join('');
  expect(text).toMatch(
    form === 'JSON' ? /^\{.*handler thread died: exit code 13/ : /ERROR.*handler thread died: exit code 13/,
  );
});
