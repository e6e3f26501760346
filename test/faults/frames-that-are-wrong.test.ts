// Rows B1 to B4: answers that are cut, of absurd lengths, of other requests, or with damaged records, one after the other
// while records flow. The connection ends and what was asked is asked again: nothing is lost, nothing comes twice, no key
// out of order, and the group is not left.
import { describe, expect, test } from 'vitest';
import type { FrameFault } from '../../runtime/testing/index.ts';
import { startScene } from './support/scene.ts';
import { wireTarget } from './support/wire-target.ts';

const rows: readonly [row: string, what: string, faults: readonly FrameFault[]][] = [
  ['B1', 'answers that end in the middle', [cut('header'), cut('body')]],
  ['B2', 'absurd lengths, then silence', [length(0), length(3), length(-1), length(0x7fffffff)]],
  ['B3', 'answers to other requests', [of('nobody'), of('before'), { kind: 'repeat' }]],
];
/** One connection each: of the fetch, of the commits, of the membership, of the producer. */
const apis = ['Fetch', 'OffsetCommit', 'Heartbeat', 'Produce'] as const;

const target = await wireTarget();

describe(target.name, () => {
  target.use();

  for (const [row, what, faults] of rows) {
    test(`${row}: ${what}`, async (t) => {
      const { rt, frames, load, finished } = await startScene(t, target, { group: { protocol: 'classic' } });
      const joins = frames.seen('JoinGroup');
      for (const api of apis) frames.next(api, ...faults);
      // One poison record of 97 takes the producer along: it needs as many batches as there are faults.
      for (let round = 0; frames.struck < apis.length * faults.length; round++) {
        await load.publish(100);
        await rt.until(() => load.handled >= load.published - Math.ceil(load.published / 97));
        if (round > 30) throw new Error(`only ${frames.struck} faults have happened`);
      }
      await finished();
      expect(await load.broken()).toEqual([]);
      expect(frames.seen('JoinGroup')).toBe(joins);
      expect(rt.count('group.failed') + rt.count('partition.stopped')).toBe(0);
    });
  }

  test('B4: damage on the way is gone the next time', async (t) => {
    const { rt, frames, load, finished } = await startScene(t, target);
    frames.next('Fetch', { kind: 'corrupt' }, { kind: 'corrupt' });
    await load.publish(200);
    await finished();
    expect(frames.struck).toBe(2);
    expect(await load.broken()).toEqual([]);
    expect(rt.count('group.failed') + rt.count('partition.stopped')).toBe(0);
  });

  test('B4: damage that stays stops its partition at the third look, whoever finds it', async (t) => {
    const { rt, frames, load } = await startScene(t, target, { partitions: 1 });
    // The broker finds it once, and the thread that decodes twice.
    frames.next('Fetch', { kind: 'error', code: 2 });
    frames.always('Fetch', { kind: 'corrupt' });
    await load.publish(10);
    await rt.until(() => rt.count('partition.stopped') === 1);
    expect(frames.struck).toBe(3);
    expect(rt.events('partition.stopped')).toMatchObject([
      { partition: 0, offset: 0, reason: expect.stringContaining('it was read 3 times') },
    ]);
    expect(load.handled).toBe(0);
    expect((await rt.stop()).exitCode).toBe(0);
  });
});

function cut(place: 'header' | 'body'): FrameFault {
  return { kind: 'cut', in: place };
}

function length(announced: number): FrameFault {
  return { kind: 'length', length: announced };
}

function of(request: 'nobody' | 'before'): FrameFault {
  return { kind: 'correlation', of: request };
}
