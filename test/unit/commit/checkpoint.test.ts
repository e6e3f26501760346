// Row S-42.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Checkpoint } from '../../../runtime/commit/checkpoint.ts';
import { Progress, progressBytes } from '../../../runtime/core/progress.ts';

function recordSet(firstOffset: number, lastOffset: number) {
  const deltas = lastOffset - firstOffset + 1;
  const progress = new Progress(new SharedArrayBuffer(progressBytes(deltas)), deltas);
  progress.reset();
  return { firstOffset, lastOffset, progress };
}

function finish(set: ReturnType<typeof recordSet>, ...offsets: readonly number[]): void {
  for (const offset of offsets) set.progress.finish(offset - set.firstOffset);
  set.progress.publish();
}

test('without record sets it stands where reading begins', () => {
  expect(new Checkpoint(42, () => {}).read()).toBe(42);
});

test('it stops at the lowest unfinished offset, whatever finished beyond', () => {
  const checkpoint = new Checkpoint(10, () => {});
  const set = recordSet(10, 14);
  checkpoint.track(set);
  finish(set, 10, 11, 13);
  expect(checkpoint.read()).toBe(12);
  expect(checkpoint.finishedBeyond()).toEqual([13]);
});

test('when all is finished it is one past the last offset', () => {
  const checkpoint = new Checkpoint(10, () => {});
  const set = recordSet(10, 12);
  checkpoint.track(set);
  finish(set, 12, 10, 11);
  expect(checkpoint.read()).toBe(13);
  expect(checkpoint.finishedBeyond()).toEqual([]);
});

test('offsets that no set holds are stepped over once the set before them is finished', () => {
  const checkpoint = new Checkpoint(10, () => {});
  const [first, second] = [recordSet(10, 11), recordSet(20, 21)];
  checkpoint.track(first);
  checkpoint.track(second);
  finish(second, 20);
  expect(checkpoint.read()).toBe(10);
  finish(first, 10, 11);
  expect(checkpoint.read()).toBe(21);
});

test('memory of a set is given back once, when it and all before it are finished', () => {
  const released: Progress[] = [];
  const checkpoint = new Checkpoint(0, (progress) => released.push(progress));
  const [first, second, third] = [recordSet(0, 1), recordSet(2, 3), recordSet(4, 5)];
  for (const set of [first, second, third]) checkpoint.track(set);
  finish(second, 2, 3);
  checkpoint.read();
  expect(released).toEqual([]);
  finish(first, 0, 1);
  checkpoint.read();
  checkpoint.read();
  expect(released).toEqual([first.progress, second.progress]);
  checkpoint.close();
  expect(released).toEqual([first.progress, second.progress, third.progress]);
});

test('what was finished before a reopening is still known, until the checkpoint has passed it', () => {
  const checkpoint = new Checkpoint(10, () => {}, [12, 15]);
  expect(checkpoint.finishedBeyond()).toEqual([12, 15]);
  const set = recordSet(10, 19);
  checkpoint.track(set);
  finish(set, 10, 11, 12, 17);
  expect(checkpoint.read()).toBe(13);
  expect(checkpoint.finishedBeyond()).toEqual([15, 17]);
});

// A drain reads nothing new: what a dead thread had finished is committed all the same (seed 35171).
test('what was finished before a reopening counts without being read again, once all before it is finished', () => {
  const checkpoint = new Checkpoint(10, () => {}, [12, 13, 15]);
  const set = recordSet(10, 11);
  checkpoint.track(set);
  finish(set, 10);
  expect(checkpoint.read()).toBe(11);
  finish(set, 11);
  expect(checkpoint.read()).toBe(14);
  expect(checkpoint.finishedBeyond()).toEqual([15]);
});

// The rule of the whole runtime: never beyond an unfinished record, never behind a finished prefix, never backwards.
test('after any order of finishing it is the lowest unfinished offset', () => {
  const sets = fc.array(fc.record({ gap: fc.nat(5), length: fc.integer({ min: 1, max: 70 }) }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(
      sets,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
      (shape, dice) => {
        const random = (): number => dice.next().value as number;
        const start = 100;
        let next = start;
        const made = shape.map(({ gap, length }) => {
          const set = recordSet(next + gap, next + gap + length - 1);
          next = set.lastOffset + 1;
          return set;
        });
        const checkpoint = new Checkpoint(start, () => {});
        for (const set of made) checkpoint.track(set);
        const unfinished = made.flatMap((set) =>
          Array.from({ length: set.progress.deltas }, (_, delta) => ({ set, offset: set.firstOffset + delta })),
        );
        let before = checkpoint.read();
        while (unfinished.length > 0) {
          const [{ set, offset }] = unfinished.splice(Math.floor(random() * unfinished.length), 1) as [
            (typeof unfinished)[number],
          ];
          finish(set, offset);
          const lowest = unfinished.reduce((least, left) => Math.min(least, left.offset), next);
          const now = checkpoint.read();
          expect(now).toBe(lowest);
          expect(now).toBeGreaterThanOrEqual(before);
          before = now;
        }
        expect(checkpoint.read()).toBe(next);
        expect(checkpoint.finishedBeyond()).toEqual([]);
      },
    ),
  );
});
