import { expect, test } from 'vitest';
import { Opened } from '../../../runtime/supervisor/opened.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

test('closes in reverse and goes on after a failure', async () => {
  const clock = new ManualClock();
  const closed: string[] = [];
  const opened = new Opened(clock);
  const thing = (name: string, fault?: Error) =>
    opened.add(name, {
      close: async () => {
        closed.push(name);
        if (fault !== undefined) throw fault;
      },
    });
  thing('first');
  thing('second', new Error('stuck'));
  thing('third');
  expect(await opened.closeAll(1000)).toEqual([{ name: 'second', problem: 'Error: stuck' }]);
  expect(closed).toEqual(['third', 'second', 'first']);
  expect(clock.pending).toBe(0);
  expect(await opened.closeAll(1000)).toEqual([]);
});

test('what does not close in time is named and does not hold back the rest', async () => {
  const clock = new ManualClock();
  const opened = new Opened(clock);
  let closed = false;
  opened.add('rest', {
    close: async () => {
      closed = true;
    },
  });
  opened.add('broker connection', { close: () => new Promise(() => {}) });
  const reports = opened.closeAll(1000);
  await clock.advance(1000);
  expect(await reports).toEqual([{ name: 'broker connection', problem: 'not closed within 1000 ms' }]);
  expect(closed).toBe(true);
});
