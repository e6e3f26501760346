// Ten thousand partitions that came and went, and ten thousand assignments of one, leave nothing behind.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createCommit } from '../../runtime/commit/committer.ts';
import { Metrics } from '../../runtime/telemetry/metrics.ts';
import { ManualClock } from '../../runtime/testing/manual-clock.ts';
import { setup } from './dispatch/fake-threads.ts';
import { ThreadUnderTest } from './worker/thread-under-test.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const warmUps = 2_000;
const rounds = 10_000;
/** A map entry that was forgotten takes more than this. */
const bytesPerRound = 60;

async function grownBy(round: (nr: number) => Promise<unknown>): Promise<number> {
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  for (let nr = 0; nr < warmUps; nr++) await round(nr);
  const before = heap();
  for (let nr = warmUps; nr < warmUps + rounds; nr++) await round(nr);
  return (heap() - before) / rounds;
}

test('ten thousand partitions that come and go leave nothing on the main thread', async () => {
  const { dispatch, threads, start } = setup();
  await start();
  const clock = new ManualClock();
  const commit = createCommit({
    ...{ group: 'billing', clock, random: () => 0.5, emit: () => {}, release: () => {} },
    settings: { intervalMs: 1_000, everyRecords: 500 },
    commit: () => Promise.resolve({ kind: 'committed' }),
  });
  const metrics = new Metrics();
  const grown = await grownBy(async (nr) => {
    const place = { topic: `topic ${nr}`, partition: 0 };
    dispatch.open(place, nr, null);
    commit.open(place, nr, 0);
    metrics.listener('partition.lag', { ...place, group: 'billing', lag: 1 });
    await dispatch.drain([place], 1_000, 'revoked');
    await commit.flush([place]);
    commit.forget([place]);
    metrics.listener('partition.closed', { ...place, group: 'billing', epoch: nr, lost: false });
    threads[0]!.posted.length = 0;
  });
  expect(grown).toBeLessThan(bytesPerRound);
  commit.stop();
});

test('ten thousand assignments of a partition leave nothing in its thread', async () => {
  const thread = new ThreadUnderTest([{ A: () => {} }]);
  const grown = await grownBy(async (epoch) => {
    thread.give([{ type: 'A' }], { epoch });
    await thread.settle();
    thread.close(epoch, 'revoked');
    thread.posted.length = 0;
  });
  expect(grown).toBeLessThan(bytesPerRound);
});
