// One request or one answer is lost on the way, and with it its connection: it is asked again. What the broker has done
// already is not done twice, also not a dead letter, since its producer is idempotent.
import { describe, expect, test } from 'vitest';
import type { FrameFault } from '../../runtime/testing/index.ts';
import { startScene } from './support/scene.ts';
import { wireTarget } from './support/wire-target.ts';

const target = await wireTarget();
const lost: readonly FrameFault[] = [{ kind: 'loseRequest' }, { kind: 'loseAnswer' }];
const whileItJoins = ['Metadata', 'FindCoordinator', 'JoinGroup', 'SyncGroup', 'OffsetFetch', 'ListOffsets'];
const whileItRuns = ['Fetch', 'OffsetCommit', 'Heartbeat', 'Produce', 'InitProducerId'];

describe(target.name, () => {
  target.use();

  test(`while it joins: ${whileItJoins.join(', ')}`, async (t) => {
    const { frames, load, finished, rt } = await startScene(t, target, {
      // A member whose JoinGroup was answered to nobody is waited for by the next one, this long.
      group: { protocol: 'classic', timeouts: { heartbeat: '100ms', session: '6s', rebalance: '1s' } },
      before: (frames) => {
        for (const api of whileItJoins) frames.next(api, ...lost);
      },
    });
    await load.publish(100);
    await finished();
    expect(frames.struck).toBe(whileItJoins.length * lost.length);
    expect(await load.broken()).toEqual([]);
    expect(rt.count('group.failed')).toBe(0);
  });

  test(`while it runs: ${whileItRuns.join(', ')}`, async (t) => {
    const { frames, load, finished, rt } = await startScene(t, target, { group: { protocol: 'classic' } });
    const joins = frames.seen('JoinGroup');
    for (const api of whileItRuns) frames.next(api, ...lost);
    for (let round = 0; frames.struck < whileItRuns.length * lost.length; round++) {
      await load.publish(100);
      await rt.until(() => load.handled >= load.published - Math.ceil(load.published / 97));
      if (round > 30) throw new Error(`only ${frames.struck} faults have happened`);
    }
    await finished();
    // With nothing behind them that would be committed for them too.
    for (const fault of lost) {
      frames.next('OffsetCommit', fault);
      await load.publish(1);
      await finished();
    }
    // Every poison record has exactly one dead letter: the checker counts them.
    expect(await load.broken()).toEqual([]);
    expect(frames.seen('JoinGroup')).toBe(joins);
    expect(rt.count('group.failed')).toBe(0);
  });
});
