// A thread beats as long as it has work: the main thread takes one that does not for hung.
import { expect, test } from 'vitest';
import { ThreadPulse } from '../../../runtime/core/thread-pulse.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { Beat } from '../../../runtime/worker/beat.ts';
import { Gate } from './thread-under-test.ts';

test('it beats while it has a set, and sleeps when it has none', async () => {
  const clock = new ManualClock();
  const pulse = new ThreadPulse();
  const beat = new Beat(clock, pulse);
  const [first, second] = [new Gate<string>(), new Gate<string>()];
  const answers = [beat.during(first.opened), beat.during(second.opened)];
  expect(pulse.read().tick).toBe(1);
  first.open('done');
  expect(await answers[0]).toBe('done');
  await clock.advance(10_000);
  expect(pulse.read().tick).toBe(101);
  second.fail(new Error('no'));
  await expect(answers[1]).rejects.toThrow('no');
  await clock.advance(100);
  expect(clock.pending).toBe(0);

  const third = new Gate();
  void beat.during(third.opened);
  const { tick } = pulse.read();
  await clock.advance(1_000);
  expect(pulse.read().tick).toBe(tick + 10);
});
