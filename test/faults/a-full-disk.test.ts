// The disk of the embedded broker is full while records flow (a limit on the size of its files stands for it): what it
// cannot keep it does not acknowledge, so it is sent again, and once there is room nothing is missing, twice or cut.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, type TestContext, test } from 'vitest';
import { createBroker } from '../../runtime/broker/broker.ts';
import { systemClock } from '../../runtime/core/clock.ts';
import { systemRandom } from '../../runtime/core/random.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { exited, spawnBound } from '../../scripts/real/bound-process.ts';
import { startScene } from './support/scene.ts';

const bin = join(import.meta.dirname, '..', '..', 'runtime', 'bin.js');
/** 128 blocks, of 512 bytes or of 1024 as the shell has them. */
const limited = `trap '' XFSZ; ulimit -S -f 128; exec "$0" "$@"`;

test.skipIf(!hasPrlimit())('a full disk loses nothing', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'full-disk-'));
  t.onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const broker = await startLimited(t, dir);
  const { load, finished, kafka, topic, group, rt, network, frames } = await startScene(t, {
    addresses: [broker.address],
    fresh: (prefix) => prefix,
    owns: () => {},
    makeTopic: async (name, partitions) => {
      const admin = new TestKafka([broker.address]);
      await admin.createTopics({ [name]: { partitions } });
      await admin.close();
      return name;
    },
  });
  await load.publish(200);
  const through = new TestKafka([network.address]);
  t.onTestFinished(() => through.close());
  const tooMuch = load.publish(200, 4_000, through);
  // Refused with KAFKA_STORAGE_ERROR, and sent again.
  await rt.until(() => frames.seen('Produce') > 4);
  await rt.until(() => load.handled > 0);
  execFileSync('prlimit', ['--pid', String(broker.pid), '--fsize=unlimited:']);
  await tooMuch;
  await load.publish(100);
  await finished();
  expect(await load.broken()).toEqual([]);
  await rt.stop();
  const committed = await Promise.all([0, 1].map((partition) => kafka.committed(group, topic, partition)));
  await broker.stop();

  const again = await createBroker({ dir, clock: systemClock, random: systemRandom });
  t.onTestFinished(() => again.close());
  const reader = new TestKafka([again.address]);
  t.onTestFinished(() => reader.close());
  expect(await reader.read(topic)).toHaveLength(load.published);
  expect(await Promise.all([0, 1].map((partition) => reader.committed(group, topic, partition)))).toEqual(committed);
});

async function startLimited(t: TestContext, dir: string) {
  const args = ['-c', limited, process.execPath, bin, 'broker', '--port', '0', '--dir', dir];
  const child = spawnBound('/bin/sh', args, { stdio: ['ignore', 'pipe', 'ignore'], environment: { NO_COLOR: '1' } });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited(child);
  };
  t.onTestFinished(stop);
  for await (const line of createInterface({ input: child.stdout! })) {
    const port = /^listening on \S+:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    return { address: { host: '127.0.0.1', port: Number(port) }, pid: child.pid!, stop };
  }
  throw new Error('the broker ended before it listened');
}

/** Of Linux; where it is missing the limit could not be lifted again. */
function hasPrlimit(): boolean {
  try {
    execFileSync('prlimit', ['--version']);
    return true;
  } catch {
    return false;
  }
}
