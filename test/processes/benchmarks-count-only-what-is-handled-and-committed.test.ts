// A figure counts only when its contender has handled every record, once, and Kafka has the commit of the last one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BenchTopics } from '../../bench/bench-topics.ts';
import { type BenchBroker, startBroker } from '../../bench/brokers/kinds.ts';
import type { ContenderName } from '../../bench/contenders/all.ts';
import type { Measurement } from '../../bench/measurement.ts';
import { runContender } from '../../bench/run-contender.ts';
import { cpu } from '../../bench/workloads/cpu.ts';

const records = 120;
/** Of `spin`: about 2 ms for each record, so that the clock is looked at many times. */
const turns = '1000000';
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
  const ground = { brokers: broker.brokers, topics, env: { ...env, BENCH_TURNS: turns } };
  return runContender(cpu, { contender }, records, ground);
}

test.each(['runtime', 'kafkajs-each-batch'] as const)('%s has a figure', async (contender) => {
  const measured = await run(contender);
  // All but the warm-up, which ends with the first look after 24 of them.
  expect(measured.records).toBeGreaterThan(0);
  expect(measured.records).toBeLessThanOrEqual(96);
  expect(measured.cpuSeconds).toBeGreaterThan(0);
  expect(measured.maxRssMiB).toBeGreaterThan(0);
});

test.each([
  ['uncommitted', /^left 120 of 120 records uncommitted$/],
  ['twice', /^handled \d+ records instead of 120$/],
])('a contender that cuts a corner (%s) has none', async (fault, message) => {
  await expect(run(careless, { BENCH_CARELESS: fault })).rejects.toThrow(message);
});
