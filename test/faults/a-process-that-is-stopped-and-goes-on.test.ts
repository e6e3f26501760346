// A process stands still for longer than its session (SIGSTOP, a suspended machine): another one takes over, and when the
// first one goes on it finds out, commits nothing of what is not its own any more, and joins again. Nothing is lost, and
// only what it had not committed is handled twice.
import { describe, expect, test } from 'vitest';
import { startRuntime } from '../processes/support/runtime-process.ts';
import { partitions, SharedWork } from '../processes/support/shared-work.ts';
import { checkHistory } from '../support/history.ts';
import { wireTarget } from './support/wire-target.ts';

const target = await wireTarget();

describe(target.name, () => {
  target.use();

  test('SIGSTOP beyond the session, then SIGCONT', { timeout: 180_000 }, async (t) => {
    const topic = await target.makeTopic('stopped', partitions);
    // The shortest session that brokers allow: so long the partitions wait.
    const work = new SharedWork(target, topic, { session: '6s', rebalance: '6s' });
    const [stopped, stays] = [startRuntime(work.project), startRuntime(work.project)];
    t.onTestFinished(() => stopped.signal('SIGCONT')); // else it cannot end
    await Promise.all([stopped.joined(partitions / 2), stays.joined(partitions / 2)]);
    await work.produceUpTo(1_000);
    stopped.signal('SIGSTOP');
    const stop = { pid: stopped.pid, committed: await work.committed() };
    const meanwhile = work.produceUpTo(2_000);
    await stays.joined(partitions);
    stopped.signal('SIGCONT');
    await stopped.joined(partitions / 2);
    await meanwhile;
    await work.produceUpTo(2_500);
    await work.untilAllFinished();
    for (const process of [stopped, stays]) {
      process.signal('SIGTERM');
      expect((await process.exit()).code).toBe(0);
    }
    const history = await work.history([stop]);
    expect(checkHistory(history)).toEqual([]);
    expect(history.records).toHaveLength(2_500);
  });
});
