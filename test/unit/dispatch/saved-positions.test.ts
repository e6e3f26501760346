// A question to a handler thread has an answer, or fails: when the thread is not there, dies, hangs, or the group ends.
import { expect, test } from 'vitest';
import type { ToThread } from '../../../runtime/core/thread-messages.ts';
import { SavedPositions } from '../../../runtime/dispatch/saved-positions.ts';
import type { ThreadSlot } from '../../../runtime/dispatch/thread-slot.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

const place = { topic: 'orders', partition: 1 };

function scene(ready = true) {
  const clock = new ManualClock();
  const posted: ToThread[] = [];
  const slot = { ready, post: (message: ToThread) => posted.push(message) } as unknown as ThreadSlot;
  return { clock, posted, slot, positions: new SavedPositions(clock) };
}

test('an answer goes to whoever asked, and leaves no timer', async () => {
  const { clock, posted, slot, positions } = scene();
  const [first, second] = [positions.ask(slot, place), positions.ask(slot, { ...place, partition: 2 })];
  expect(posted).toMatchObject([
    { kind: 'position', ...place, request: 1 },
    { partition: 2, request: 2 },
  ]);
  positions.answered({ kind: 'position', request: 2, offset: null, error: null });
  positions.answered({ kind: 'position', request: 1, offset: 7, error: null });
  expect(await Promise.all([first, second])).toEqual([7, null]);
  expect(clock.pending).toBe(0);
});

test.each([
  ['hangs', 'did not answer within 30 s', ({ clock }: ReturnType<typeof scene>) => void clock.advance(30_000)],
  ['dies', 'its thread has ended', ({ positions, slot }: ReturnType<typeof scene>) => positions.died(slot)],
  ['ends', 'the group ends', ({ positions }: ReturnType<typeof scene>) => positions.stop()],
])('a thread that %s gives no answer, and a late one has no effect', async (_, why, end) => {
  const under = scene();
  const asked = under.positions.ask(under.slot, place);
  end(under);
  await expect(asked).rejects.toMatchObject({
    code: 'RT_OFFSETS_LOAD',
    retryable: true,
    message: expect.stringMatching(new RegExp(`orders/1 .*${why}`)),
  });
  under.positions.answered({ kind: 'position', request: 1, offset: 7, error: null });
  expect(under.clock.pending).toBe(0);
});

test('a thread that is being replaced is not asked', async () => {
  const { positions, slot, posted } = scene(false);
  await expect(positions.ask(slot, place)).rejects.toThrow('its thread is being replaced');
  expect(posted).toEqual([]);
});
