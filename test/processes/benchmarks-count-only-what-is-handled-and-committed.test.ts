// A figure counts only when its contender has handled every record, once, and Kafka has the commit of the last one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BenchTopics } from '../../bench/bench-topics.ts';
import { type BenchBroker, startBroker } from '../../bench/brokers/kinds.ts';
import type { ContenderName } from '../../bench/contenders/all.ts';
import type { Measurement } from '../../bench/measurement.ts';
import { runContender } from '../../bench/run-contender.ts';
import { io } from '../../bench/workloads/io.ts';

const records = 300;
const careless = '../../test/fixtures/bench/careless' as ContenderName;

let broker: BenchBroker;
let topics: BenchTopics;
beforeAll(async () => {
  broker = await startBroker('embedded');
  topics = new BenchTopics(broker.brokers, () => {});
});
afterAll(async () => {
  await topics.removeAll();
  await broker.stop();
});

function run(contender: ContenderName, env: Readonly<Record<string, string>> = {}): Promise<Measurement> {
  return runContender(io, { contender }, records, { brokers: broker.brokers, topics, env });
}

test.each(['runtime', 'kafkajs-each-batch'] as const)('%s has a figure', async (contender) => {
  const measured = await run(contender);
  // All but the warm-up, which ends with the first look after 60 of them.
  expect(measured.records).toBeGreaterThan(0);
  expect(measured.records).toBeLessThanOrEqual(240);
  expect(measured.cpuSeconds).toBeGreaterThan(0);
  expect(measured.maxRssMiB).toBeGreaterThan(0);
});

test.each([
  ['uncommitted', /^left 300 of 300 records uncommitted$/],
  ['twice', /^handled \d+ records instead of 300$/],
])('a contender that cuts a corner (%s) has none', async (fault, message) => {
  await expect(run(careless, { BENCH_CARELESS: fault })).rejects.toThrow(message);
});
