import { expect, test } from 'vitest';
import type { RecordSet } from '../../../runtime/core/record-set.ts';
import { InFlight } from '../../../runtime/dispatch/in-flight.ts';
import { recordSet } from './fake-threads.ts';

const place = { topic: 'orders', partition: 0 };

function finish({ progress, firstOffset }: RecordSet, ...offsets: readonly number[]): void {
  for (const offset of offsets) progress.finish(offset - firstOffset);
  progress.publish();
}

test('all that is finished beyond the lowest unfinished record is uncommitted, in whichever set', () => {
  const inFlight = new InFlight();
  const sets = [recordSet(place, 1, 0, 9), recordSet(place, 1, 10, 19), recordSet(place, 1, 20, 29)] as const;
  for (const set of sets) inFlight.add(set);
  expect(inFlight.uncommitted).toBe(0);
  finish(sets[0], 0, 1, 2, 5); // 3 is the lowest unfinished
  finish(sets[2], 20, 21, 22, 25); // its own prefix is beyond it too
  expect(inFlight.uncommitted).toBe(1 + 4);
  inFlight.answered(sets[1].id);
  expect(inFlight.uncommitted).toBe(1 + 10 + 4);
  inFlight.answered(sets[0].id);
  expect(inFlight.uncommitted).toBe(1);
});

test('a record is finished when its set is answered, when its bit says so, and below what is in flight', () => {
  const inFlight = new InFlight();
  const sets = [recordSet(place, 1, 10, 19), recordSet(place, 1, 20, 29)] as const;
  for (const set of sets) inFlight.add(set);
  finish(sets[0], 12);
  inFlight.answered(sets[1].id);
  expect([9, 11, 12, 25, 30].map((offset) => inFlight.isFinished(offset))).toEqual([true, false, true, true, false]);
});
