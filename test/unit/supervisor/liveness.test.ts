import { expect, test } from 'vitest';
import { EventHub } from '../../../runtime/core/events.ts';
import { LoopWait } from '../../../runtime/core/loop-wait.ts';
import { Liveness } from '../../../runtime/supervisor/liveness.ts';
import { StallWatch } from '../../../runtime/supervisor/stall-watch.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

const place = { topic: 'orders', partition: 0 };
const opened = { ...place, group: 'g', epoch: 1, offset: 0 };
const closed = { ...place, group: 'g', epoch: 1, lost: true };

function scene() {
  const clock = new ManualClock();
  const hub = new EventHub();
  const liveness = new Liveness(1_000, clock);
  hub.listen(liveness.listener);
  const wait = (loop: string, of: typeof place | null = null) => new LoopWait(hub.emit, { group: 'g', loop, of });
  const causes = () => liveness.stalls().map(({ cause }) => cause);
  return { clock, hub, liveness, wait, causes };
}

test('a loop without an answer is stuck after stalledFor, counted from when it asked first', async () => {
  const { clock, liveness, wait, causes } = scene();
  wait('fetch').began('no answer');
  await clock.advance(900);
  wait('fetch').began('no answer, again');
  await clock.advance(100);
  expect(causes()).toEqual([]);
  await clock.advance(1);
  expect(liveness.stalls()).toEqual([{ group: 'g', cause: 'fetch: no answer, again', waitedMs: 1_001 }]);
  wait('fetch').over();
  expect(causes()).toEqual([]);
});

test('an answer that may rightly take longer than stalledFor is waited for', async () => {
  const { clock, wait, causes } = scene();
  wait('join').began('not joined', 5_000);
  await clock.advance(5_000);
  expect(causes()).toEqual([]);
  await clock.advance(1);
  expect(causes()).toEqual(['join: not joined']);
});

test('a broker that cannot be reached is no stall, one that does not answer is', async () => {
  const { clock, wait, causes } = scene();
  for (const code of ['RT_KAFKA_CONNECTION', 'RT_KAFKA_TIMEOUT']) {
    wait(code).began('no answer');
    wait(code).failed({ code });
  }
  await clock.advance(1_001);
  expect(causes()).toEqual(['RT_KAFKA_TIMEOUT: no answer']);
});

test('a thread without successor is stuck', async () => {
  const { clock, hub, causes } = scene();
  hub.emit('thread.died', { group: 'g', thread: 1, reason: 'x' });
  hub.emit('thread.died', { group: 'g', thread: 2, reason: 'x' });
  hub.emit('thread.replaced', { group: 'g', thread: 2 });
  await clock.advance(1_001);
  expect(causes()).toEqual(['thread 1: a handler thread ended and no other one could take its place']);
});

test('a dead letter is waited for as long as its partition is here', async () => {
  const { clock, hub, wait, causes } = scene();
  hub.emit('partition.opened', opened);
  wait('dead letter', place).began('not written');
  await clock.advance(1_001);
  expect(causes()).toHaveLength(1);
  hub.emit('partition.closed', closed);
  expect(causes()).toEqual([]);
});

test('a commit that costs the membership each time is stuck; one whose partition others own is not', async () => {
  const { clock, hub, wait, causes } = scene();
  for (let round = 0; round < 6; round++) {
    hub.emit('partition.opened', opened);
    wait('commit').began('not accepted');
    await clock.advance(200);
    if (round < 5) hub.emit('partition.closed', closed);
  }
  expect(causes()).toEqual(['commit: not accepted']);
  hub.emit('partition.closed', closed);
  await clock.advance(500);
  expect(causes()).toHaveLength(1);
  await clock.advance(1);
  expect(causes()).toEqual([]);
  hub.emit('partition.opened', opened);
  expect(causes()).toEqual([]);
  wait('commit').began('not accepted');
  await clock.advance(1_000);
  expect(causes()).toEqual([]);
});

test('what the group waited for ends with its run', async () => {
  const { clock, hub, wait, causes } = scene();
  wait('fetch').began('no answer');
  hub.emit('group.state', { group: 'g', state: 'restarting', reason: '' });
  await clock.advance(2_000);
  expect(causes()).toEqual([]);
});

test('the process ends when the grace is over, and not for what moves again within it', async () => {
  const { clock, hub, liveness, wait } = scene();
  const ends: string[] = [];
  let told = 0;
  hub.listen((name) => {
    if (name === 'group.stalled') told++;
  });
  const watch = new StallWatch({
    ...{ liveness, stalledForMs: 1_000, clock, emit: hub.emit },
    over: (error) => void ends.push(error.message),
  });
  wait('fetch').began('no answer');
  await clock.advance(1_500);
  expect(told).toBe(1);
  wait('fetch').over();
  await clock.advance(3_000);
  expect(ends).toEqual([]);
  wait('fetch').began('no answer');
  await clock.advance(2_300);
  expect(told).toBe(2);
  expect(ends).toEqual([expect.stringContaining('group g is stuck')]);
  await watch.close();
});
