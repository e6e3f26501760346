// `runtime replay` runs the handlers of a group over all old records as another group, once each, and stops where the
// topic ended when it began. The group itself goes on meanwhile and does not notice.
import { describe, expect, test } from 'vitest';
import { startTestRuntime, type TestContext, type TestRecord, type TestRuntime } from '../../runtime/testing/index.ts';
import type { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { until } from '../../runtime/testing/until.ts';
import { type Target, targets } from '../peers/support/targets.ts';
import { commandProject } from './support/command-project.ts';
import { quick, quickInline } from './support/quick.ts';

const partitions = 3;

interface Handled {
  readonly group: string;
  readonly isReplay: boolean;
  readonly partition: number;
  readonly offset: number;
}

const telling = `'*': async (event, ctx) => {
  await sleep(Number(event.data.takesMs ?? 0));
  tell({ group: ctx.group, isReplay: ctx.isReplay, partition: event.partition, offset: Number(event.offset) });
}`;

for (const target of await targets()) {
  describe(target.name, () => {
    target.use();

    test('S-50: a projection is rebuilt under a new name, and the live group does not notice', async (t) => {
      const { project, live, as, kafka, topic, rt } = await world(t, target);
      await rt.publish(topic, records(300));
      await rt.until(async () => (await committed(kafka, live, topic)) === 300);
      const opened = rt.count('partition.opened');

      const { exitCode, out, err } = await project.run('replay', live, '--as', as, 'manifest.yaml', '--json');
      expect(err).toBe('');
      expect(exitCode).toBe(0);
      const summary = JSON.parse(out);
      expect(summary).toMatchObject({ group: live, as, complete: true, handled: 300, skipped: 0, deadLettered: 0 });
      expect(summary.partitions).toHaveLength(partitions);
      const handled = project.told<Handled>();
      expect(handled.every(({ group, isReplay }) => group === as && isReplay)).toBe(true);
      expect(new Set(handled.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(300);
      expect(handled).toHaveLength(300);

      expect(await committed(kafka, as, topic)).toBe(300);
      expect(await committed(kafka, live, topic)).toBe(300);
      expect(rt.count('partition.opened')).toBe(opened);
      expect(rt.count('partition.closed')).toBe(0);
      await rt.publish(topic, records(30)); // the live group goes on
      await rt.until(async () => (await committed(kafka, live, topic)) === 330);

      const again = await project.run('replay', live, '--as', as, 'manifest.yaml');
      expect(again.exitCode).toBe(1);
      expect(again.err).toMatch(/has committed offsets .*--resume/);
      const resumed = await project.run('replay', live, '--as', as, 'manifest.yaml', '--resume', '--json');
      expect(JSON.parse(resumed.out)).toMatchObject({ complete: true, handled: 30 });
      expect(project.told()).toHaveLength(330);
    });

    test('a replay reads from the offset to the offset that it was told, in the middle of batches', async (t) => {
      const { project, live, kafka, topic } = await world(t, target, 1);
      await kafka.publish(topic, records(50)); // one batch
      const as = target.fresh('slice');
      const slice = ['--from', '10', '--to', '20', '--json'];
      const { exitCode, out } = await project.run('replay', live, '--as', as, 'manifest.yaml', ...slice);
      expect(exitCode).toBe(0);
      expect(JSON.parse(out).partitions).toEqual([{ topic, partition: 0, from: 10, to: 20, committed: 20 }]);
      expect(project.told<Handled>().map(({ offset }) => offset)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    });

    test('a replay that was killed goes on where it stopped', { timeout: 120_000 }, async (t) => {
      const { project, live, as, kafka, topic } = await world(t, target);
      await kafka.publish(topic, records(300, 20));
      const killed = project.spawn('replay', live, '--as', as, 'manifest.yaml');
      await until(async () => (await committed(kafka, as, topic)) > 30, { withinMs: 60_000 });
      await killed.kill();
      const before = await committed(kafka, as, topic);
      expect(before).toBeLessThan(300);
      const handledBefore = project.told().length;

      const { exitCode, out } = await project.run('replay', live, '--as', as, 'manifest.yaml', '--resume', '--json');
      expect(exitCode).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ complete: true, handled: 300 - before });
      const handled = project.told<Handled>();
      expect(new Set(handled.map(({ partition, offset }) => `${partition}/${offset}`)).size).toBe(300);
      expect(handled.length - handledBefore).toBe(300 - before);
    });

    test('a name that is in use is refused, and so are points that no record has', async (t) => {
      const { project, live, topic, rt, as } = await world(t, target);
      const other = await startTestRuntime(t, {
        brokers: target.addresses,
        group: { ...quickInline, name: as, topics: [topic] },
      });
      await other.until(() => other.count('partition.opened') === partitions);
      const busy = await project.run('replay', live, '--as', as, 'manifest.yaml');
      expect(busy).toMatchObject({ exitCode: 1, err: expect.stringMatching(/has members; choose a name/) });
      const itself = await project.run('replay', live, '--as', live, 'manifest.yaml');
      expect(itself).toMatchObject({ exitCode: 1, err: expect.stringMatching(/is a group of the manifests/) });
      const nobody = await project.run('replay', 'nobody', '--as', 'x', 'manifest.yaml');
      expect(nobody).toMatchObject({ exitCode: 1, err: expect.stringMatching(/no group nobody/) });
      await rt.publish(topic, records(10));
      const fresh = target.fresh('beyond');
      const beyond = await project.run('replay', live, '--as', fresh, 'manifest.yaml', '--from', '1000');
      expect(beyond).toMatchObject({ exitCode: 1, err: expect.stringMatching(/no record lies between/) });
      for (const bad of ['-1', 'yesterday', '2026-13-01', '1.5', '']) {
        const { exitCode } = await project.run('replay', live, '--as', fresh, 'manifest.yaml', `--from=${bad}`);
        expect(exitCode).toBe(1);
      }
    });
  });
}

test('a record that is held ends the replay: it can never come to its end', async (t) => {
  const rt = await startTestRuntime(t, { topics: { orders: { partitions: 1 } }, group: { name: 'live' } });
  const retry = { maxRetries: 0, onExhausted: 'stop' };
  const groups = { live: { ...quick, topics: ['orders'], handlers: './handlers.mjs', retry } };
  const kafka = { brokers: rt.brokers.map(({ host, port }) => `${host}:${port}`) };
  const project = commandProject(t, "'*': () => { throw new Error('no'); }", { kafka, groups });
  await rt.publish('orders', records(3));
  const { exitCode, err } = await project.run('replay', 'live', '--as', 'again', 'manifest.yaml', '--json');
  expect(exitCode).toBe(3);
  expect(err).toMatch(/record orders\/0 at 0 is held/);
});

interface ReplayWorld {
  readonly project: ReturnType<typeof commandProject>;
  readonly live: string;
  readonly as: string;
  readonly topic: string;
  readonly rt: TestRuntime;
  readonly kafka: TestKafka;
}

/** A live group, and a project that names it. */
async function world(t: TestContext, target: Target, count: number = partitions): Promise<ReplayWorld> {
  const topic = target.fresh('orders');
  target.owns(topic, `${topic}.dlq`);
  const live = target.fresh('live');
  const group = { ...quick, protocol: 'classic', topics: [topic] };
  const sessions = { ...quick.timeouts, session: '6s' };
  const project = commandProject(t, telling, {
    kafka: { brokers: target.brokers.split(',') },
    groups: { [live]: { ...group, timeouts: sessions, handlers: './handlers.mjs' } },
  });
  const rt = await startTestRuntime(t, {
    brokers: target.addresses,
    topics: { [topic]: { partitions: count } },
    group: { ...quickInline, protocol: 'classic', topics: [topic], name: live },
  });
  return { project, live, as: target.fresh('rebuilt'), topic, rt, kafka: rt.kafka };
}

function records(count: number, takesMs = 0): readonly TestRecord[] {
  return Array.from({ length: count }, (_, i): TestRecord => [`key ${i % 40}`, { takesMs }]);
}

/** Of all partitions together. */
async function committed(kafka: TestKafka, group: string, topic: string): Promise<number> {
  const { partitionCount } = kafka.cluster.topic(topic);
  if (partitionCount === 0) await kafka.cluster.refresh([topic]);
  let sum = 0;
  for (let partition = 0; partition < kafka.cluster.topic(topic).partitionCount; partition++) {
    sum += Number((await kafka.committed(group, topic, partition)) ?? 0n);
  }
  return sum;
}
