// One of two processes of a group is killed while records flow, and another one is started. Nothing is lost, keys are
// repeated in their order, and only what the killed process had not committed is handled again.
import { describe, expect, test } from 'vitest';
import { checkHistory, countDuplicates } from '../support/history.ts';
import { startRuntime } from './support/runtime-process.ts';
import { partitions, recordsTotal, SharedWork } from './support/shared-work.ts';
import { processTargets } from './support/targets.ts';

describe.each(await processTargets())('on $name', (target) => {
  target.use();

  test('kill -9 repeats only what was uncommitted', { timeout: 180_000 }, async ({ annotate }) => {
    const startedAt = performance.now();
    // The shortest session that brokers allow: so long the partitions of the dead process wait.
    const topic = await target.makeTopic('killed', partitions);
    const work = new SharedWork(target, topic, { session: '6s' });
    const [killed, stays] = [startRuntime(work.project), startRuntime(work.project)];
    await Promise.all([killed.joined(partitions / 2), stays.joined(partitions / 2)]);

    await work.produceUpTo(3_000);
    killed.signal('SIGKILL');
    await killed.exit();
    const kill = { pid: killed.pid, committed: await work.committed() };
    const started = startRuntime(work.project);
    const meanwhile = work.produceUpTo(7_000);
    await started.joined(partitions / 2);
    await meanwhile;
    await work.produceUpTo(recordsTotal);
    await work.untilAllFinished();
    for (const process of [stays, started]) {
      process.signal('SIGTERM');
      expect((await process.exit()).code).toBe(0);
    }

    const history = await work.history([kill]);
    expect(checkHistory(history)).toEqual([]);
    expect(history.records).toHaveLength(recordsTotal);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    await annotate(
      `${recordsTotal} records, ${countDuplicates(history.calls)} duplicates, ` +
        `${history.deadLetters.length} dead letters, ${seconds} s`,
    );
  });
});
