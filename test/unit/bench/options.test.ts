import { expect, onTestFinished, test, vi } from 'vitest';
import { benchOptions, possible } from '../../../bench/options.ts';
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

test('without Java its consumer is left out, and a Kafka of our own cannot be started', () => {
  const missing = { kind: 'missing', reason: 'no Java' } as const;
  const said: string[] = [];
  const { contenders } = possible(benchOptions(['--broker', 'embedded']), missing, (line) => said.push(line));
  expect(contenders).not.toContain('java-consumer');
  expect(contenders).toContain('runtime');
  expect(said).toEqual(["without Java's consumer: no Java\n"]);
  vi.stubEnv('KAFKA_BROKERS', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(() => possible(benchOptions([]), missing, () => {})).toThrow('no Java; or take --broker embedded');
  vi.stubEnv('KAFKA_BROKERS', '127.0.0.1:9092');
  expect(possible(benchOptions([]), missing, () => {}).brokers).toEqual(['kafka']);
});
