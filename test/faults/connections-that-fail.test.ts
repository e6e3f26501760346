// The network in front of the broker fails in every way that a network can, while records flow: within the session nothing
// of it costs a rebalance, a record, a duplicate or the order of a key.
import { describe, expect, test } from 'vitest';
import { type Scene, startScene } from './support/scene.ts';
import { wireTarget } from './support/wire-target.ts';

const target = await wireTarget();

/** Each begins in the middle of the work and ends again. */
const faults: readonly [name: string, strike: (scene: Scene) => Promise<void>][] = [
  [
    'cut',
    async ({ network, rt }) => {
      const before = network.accepted();
      network.cut();
      await rt.until(() => network.accepted() > before);
    },
  ],
  [
    'refused',
    async ({ network, rt }) => {
      network.refuse(true);
      const before = network.accepted();
      network.cut();
      // Several tries, so that backoff is a part of it.
      await rt.until(() => network.accepted() >= before + 6);
      network.refuse(false);
    },
  ],
  [
    'a black hole that outlasts the request timeout',
    async ({ network, rt }) => {
      const timeouts = () => rt.events('kafka.connectionFailed').filter(({ message }) => message.includes('within'));
      const before = timeouts().length;
      network.hold(true);
      await rt.until(() => timeouts().length > before);
      network.hold(false);
    },
  ],
  [
    'slow',
    async ({ network, load, rt }) => {
      network.slow(40_000);
      const before = load.handled;
      await load.publish(100);
      await rt.until(() => load.handled > before + 90);
      network.slow(null);
    },
  ],
  [
    'connections that live for half a second to one and a half',
    async ({ network, load, rt }) => {
      network.mortal([500, 1_500]);
      const before = network.accepted();
      while (network.accepted() < before + 8) {
        await load.publish(20);
        const lives = network.accepted();
        await rt.until(() => network.accepted() > lives);
      }
      network.mortal(null);
    },
  ],
];

describe(target.name, () => {
  target.use();

  test.for(faults)('%s', async ([, strike], t) => {
    const scene = await startScene(t, target, { manifest: { kafka: { requestTimeout: '1s' } } });
    const { rt, load, frames, finished } = scene;
    const joins = frames.seen('JoinGroup');
    await load.publish(300);
    await rt.until(() => load.handled > 0);
    await strike(scene);
    await load.publish(100);
    await finished();
    expect(await load.broken()).toEqual([]);
    expect(frames.seen('JoinGroup')).toBe(joins);
    expect(rt.count('group.failed') + rt.count('partition.stopped')).toBe(0);
    expect(await rt.stop()).toEqual({ exitCode: 0, error: null });
  });
});
