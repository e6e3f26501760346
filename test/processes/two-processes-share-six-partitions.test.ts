// Two processes share a group. While records flow, one is asked to stop and another one is started: every record is
// handled exactly once, every key in order, and the one that was stopped says that all went well.
// Row S-48.
import { describe, expect, test } from 'vitest';
import { checkHistory, countDuplicates } from '../support/history.ts';
import { startRuntime } from './support/runtime-process.ts';
import { partitions, recordsTotal, SharedWork } from './support/shared-work.ts';
import { processTargets } from './support/targets.ts';

describe.each(await processTargets())('on $name', (target) => {
  target.use();

  test('a stop and a start in the middle cost nothing', { timeout: 180_000 }, async ({ annotate }) => {
    const startedAt = performance.now();
    const work = new SharedWork(target, await target.makeTopic('shared', partitions));
    const [stopped, stays] = [startRuntime(work.project), startRuntime(work.project)];
    await Promise.all([stopped.joined(partitions / 2), stays.joined(partitions / 2)]);

    await work.produceUpTo(3_000);
    const started = startRuntime(work.project);
    stopped.signal('SIGTERM');
    const meanwhile = work.produceUpTo(7_000);
    expect((await stopped.exit()).code).toBe(0);
    await started.joined(partitions / 2);
    await meanwhile;
    await work.produceUpTo(recordsTotal);
    await work.untilAllFinished();
    for (const process of [stays, started]) {
      process.signal('SIGTERM');
      expect((await process.exit()).code).toBe(0);
    }

    const history = await work.history();
    expect(checkHistory(history)).toEqual([]);
    expect(history.records).toHaveLength(recordsTotal);
    const pids = new Set(history.calls.map(({ pid }) => pid));
    expect(pids).toEqual(new Set([stopped.pid, stays.pid, started.pid]));
    expect(history.commits.slice(-partitions).reduce((sum, { offset }) => sum + offset, 0)).toBe(recordsTotal);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    await annotate(
      `${recordsTotal} records, ${countDuplicates(history.calls)} duplicates, ` +
        `${history.deadLetters.length} dead letters, ${seconds} s`,
    );
  });
});
