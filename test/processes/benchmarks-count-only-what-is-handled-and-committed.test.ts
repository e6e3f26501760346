// A contender of the benchmarks handles and commits every record, on whatever it runs; only then it has a figure.
import { expect, onTestFinished, test } from 'vitest';
import { BenchTopics } from '../../bench/bench-topics.ts';
import { startBroker } from '../../bench/brokers/kinds.ts';
import { recordsFor, runContender } from '../../bench/run-contender.ts';
import { io } from '../../bench/workloads/io.ts';

test.each(['runtime', 'kafkajs-each-batch'] as const)('%s', async (contender) => {
  const broker = await startBroker('embedded');
  onTestFinished(() => broker.stop());
  const topics = new BenchTopics(broker.brokers, () => {});
  onTestFinished(() => topics.removeAll());
  const records = recordsFor(300, { contender });

  const measured = await runContender(io, { contender }, records, { brokers: broker.brokers, topics, env: {} });

  // All but the warm-up, which ends with the first look after 60 of them.
  expect(measured.records).toBeGreaterThan(0);
  expect(measured.records).toBeLessThanOrEqual(240);
  expect(measured.cpuSeconds).toBeGreaterThan(0);
  expect(measured.maxRssMiB).toBeGreaterThan(0);
});
