// One of two processes of a group is killed while records flow, and another one is started. Nothing is lost, keys are
// repeated in their order, and only what the killed process had not committed is handled again.
// Rows S-42, S-43.
import { describe, expect, test } from 'vitest';
import { startBrokerThread } from '../../runtime/broker/start-broker.ts';
import { configOperations, configResourceTypes } from '../../runtime/protocol/config-values.ts';
import { incrementalAlterConfigs } from '../../runtime/protocol/incremental-alter-configs.ts';
import type { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { Target } from '../peers/support/targets.ts';
import { checkHistory, countDuplicates } from '../support/history.ts';
import { startRuntime } from './support/runtime-process.ts';
import { partitions, recordsTotal, SharedWork } from './support/shared-work.ts';
import { processTargets } from './support/targets.ts';

const [, ...real] = await processTargets();
// The shortest session that brokers allow: so long the partitions of the dead process wait.
const sessionMs = 6_000;

const embedded = new Target('embedded broker', async () => {
  const broker = await startBrokerThread({ groups: { consumerSessionTimeoutMs: sessionMs } });
  return { brokers: `${broker.address.host}:${broker.address.port}`, close: () => broker.close() };
});

describe.each([embedded, ...real])('on $name', (target) => {
  target.use();

  test.for(['classic', 'consumer'])(
    'kill -9 repeats only what was uncommitted, protocol %s',
    { timeout: 180_000 },
    async (protocol, { annotate }) => {
      const startedAt = performance.now();
      const topic = await target.makeTopic('killed', partitions);
      const work = new SharedWork(target, topic, { session: '6s' }, protocol);
      // In the consumer protocol the broker says how long a session is, group by group.
      if (target !== embedded && protocol === 'consumer') await setSession(work.kafka, work.group);
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
    },
  );
});

async function setSession({ client }: TestKafka, group: string): Promise<void> {
  const value = String(sessionMs);
  const configs = [{ name: 'consumer.session.timeout.ms', operation: configOperations.set, value }];
  const resources = [{ type: configResourceTypes.group, name: group, configs }];
  const answer = await client.send('any', 'metadata', incrementalAlterConfigs, { resources, validateOnly: false });
  expect(answer.resources).toMatchObject([{ errorCode: 0 }]);
}
