import { expect, test } from 'vitest';
import { HandlerError, KafkaError } from '../../../runtime/core/errors.ts';
import { EventHub, type RuntimeEvents } from '../../../runtime/core/events.ts';
import { keepRunning } from '../../../runtime/supervisor/group-restart.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

const gone = () => new KafkaError('RT_KAFKA_CONNECTION', 'connection lost', { retryable: true });

/** One group under a manual clock; the random number 0.5 makes jitter zero. */
function supervise(run: (signal: AbortSignal) => Promise<boolean>) {
  const clock = new ManualClock();
  const stop = new AbortController();
  const events = new EventHub();
  const states: string[] = [];
  const failures: RuntimeEvents['group.failed'][] = [];
  events.listen((name, event) => {
    if (name === 'group.state') states.push((event as RuntimeEvents['group.state']).state);
    if (name === 'group.failed') failures.push(event as RuntimeEvents['group.failed']);
  });
  const deps = { emit: events.emit, clock, random: () => 0.5 };
  const end = keepRunning({ group: 'g', run }, deps, stop.signal);
  return { clock, stop, states, failures, end };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

test('a run that fails in a way that may pass is repeated, with doubling delays up to a minute', async () => {
  let runs = 0;
  const group = supervise(async () => {
    runs++;
    throw gone();
  });
  for (let i = 0; i < 8; i++) await group.clock.advance(60_000);
  expect(runs).toBeGreaterThanOrEqual(8);
  expect(group.failures.slice(0, 8).map(({ delayMs }) => delayMs)).toEqual([
    1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000,
  ]);
  group.stop.abort();
  expect(await group.end).toEqual({ kind: 'stopped', drained: true });
  expect(group.clock.pending).toBe(0);
});

test('after a minute of good work the delays begin anew', async () => {
  const ends: PromiseWithResolvers<boolean>[] = [];
  const group = supervise(() => {
    ends.push(Promise.withResolvers());
    return ends.at(-1)!.promise;
  });
  const fail = async () => {
    ends.at(-1)!.reject(gone());
    await group.clock.turn();
  };
  await fail();
  await group.clock.advance(1000);
  await fail();
  await group.clock.advance(2000);
  await group.clock.advance(60_001);
  await fail();
  expect(group.failures.map(({ delayMs }) => delayMs)).toEqual([1000, 2000, 1000]);
  group.stop.abort();
  await group.end;
});

test.each([
  ['a handler that does not load', new HandlerError('RT_HANDLER_LOAD', 'syntax error', { retryable: false })],
  ['a mistake of ours', new TypeError('x is undefined')],
])('%s ends the group for good', async (_name, error) => {
  const group = supervise(async () => {
    throw error;
  });
  expect(await group.end).toEqual({ kind: 'failed', error });
  expect(group.states).toEqual(['starting', 'failed']);
  expect(group.failures).toMatchObject([{ delayMs: null }]);
});

test.each([true, false])('a stopped group says whether its drain was complete: %s', async (drained) => {
  const group = supervise(async (signal) => {
    await untilAborted(signal);
    return drained;
  });
  group.stop.abort();
  expect(await group.end).toEqual({ kind: 'stopped', drained });
  expect(group.states).toEqual(['starting', 'stopped']);
});

test('an error during the drain counts as not drained, and is told', async () => {
  const group = supervise(async (signal) => {
    await untilAborted(signal);
    throw gone();
  });
  group.stop.abort();
  expect(await group.end).toEqual({ kind: 'stopped', drained: false });
  expect(group.failures).toMatchObject([{ message: 'while it drained: connection lost' }]);
});
