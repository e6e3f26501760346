import { expect, test } from 'vitest';
import type { Flow } from '../../../runtime/dispatch/flow.ts';
import { Room } from '../../../runtime/dispatch/room.ts';
import { Tasks } from '../../../runtime/dispatch/tasks.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

function partition() {
  const inFlight = { unfinished: 0, uncommitted: 0 };
  const flow = { key: 'orders/0', inFlight, full: false } as unknown as Flow;
  const buffer = { maxRecords: 20, maxBytes: 1_000_000, maxUncommitted: 50 };
  const room = new Room(
    buffer,
    new Tasks(() => {}),
    new ManualClock(),
    () => [[flow]],
    () => {},
  );
  return {
    hasRoom(unfinished: number, uncommitted: number): boolean {
      Object.assign(inFlight, { unfinished, uncommitted });
      return room.hasRoom([flow]);
    },
  };
}

test('a partition that was full of records is fetched again at half of them', () => {
  const { hasRoom } = partition();
  expect(hasRoom(19, 0)).toBe(true);
  expect(hasRoom(20, 0)).toBe(false);
  expect(hasRoom(11, 0)).toBe(false);
  expect(hasRoom(9, 0)).toBe(true);
});

test('a stuck record holds its partition up at maxUncommitted, not before', () => {
  const { hasRoom } = partition();
  expect(hasRoom(20, 29)).toBe(false);
  // Its other records are finished now: 21 more may go ahead of the stuck one.
  expect(hasRoom(1, 48)).toBe(true);
  expect(hasRoom(1, 50)).toBe(false);
  expect(hasRoom(0, 0)).toBe(true);
});
