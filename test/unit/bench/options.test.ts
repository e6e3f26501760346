import { expect, test } from 'vitest';
import { benchOptions } from '../../../bench/options.ts';
import { contests, expectedRuns } from '../../../bench/plan.ts';
import { workloads } from '../../../bench/workloads/all.ts';

test('without arguments everything runs three times on Kafka', () => {
  const options = benchOptions([]);
  expect(options).toMatchObject({ workloads, runs: 3, records: null, brokers: ['kafka'], json: null, write: false });
});

test('what is chosen runs, broker by broker', () => {
  const args = ['--only', 'json,noop', '--contenders', 'runtime,java-consumer', '--broker', 'both', '--runs', '2'];
  const plan = contests(benchOptions(args)).map(({ workload, broker, entries }) => [
    workload.name,
    broker,
    entries.map(({ contender }) => contender),
  ]);
  expect(plan).toEqual([
    ['noop', 'kafka', ['runtime', 'java-consumer']],
    ['json', 'kafka', ['runtime']],
    ['noop', 'embedded', ['runtime', 'java-consumer']],
    ['json', 'embedded', ['runtime']],
  ]);
  expect(expectedRuns(benchOptions(args), [])).toHaveLength(12);
});

test.each([
  [['--only', 'nop'], /--only: want names of noop, .*, with commas, got "nop"/],
  [['--contenders', 'me'], /--contenders: want names of runtime, .*, with commas, got "me"/],
  [['--runs', '0'], /--runs: want a whole number from 1 to 100, got "0"/],
  [['--records', 'many'], /--records: want a whole number from 100 to 100000000, got "many"/],
  [['--broker', 'redpanda'], /--broker: want kafka, embedded or both, got "redpanda"/],
  [['--fast'], /Unknown option '--fast'.*\nusage: npm run bench/],
])('%j is refused', (args, message) => {
  expect(() => benchOptions(args)).toThrow(message);
});
