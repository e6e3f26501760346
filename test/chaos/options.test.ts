// The campaign's command says what it takes, and prints a command that does the same again.
import { expect, test } from 'vitest';
import { chaosOptions, commandOf } from '../../scripts/chaos/options.ts';

test.each([
  '--faults 60 --seed 7 --client kafkajs',
  "--brokers a:1,b:2 --faults 3 --kinds 'kill,terminate twice' --seed 0 --client platformatic --json",
])('the command for %s is that again', (line) => {
  const words = line.match(/'[^']*'|\S+/g)!.map((word) => word.replaceAll("'", ''));
  expect(commandOf(chaosOptions(words))).toBe(`npm run chaos -- ${line}`);
});

test('a seed that is not given is drawn and told', () => {
  const drawn = chaosOptions([]);
  expect(commandOf(drawn)).toContain(`--seed ${drawn.seed} `);
  expect(drawn).toMatchObject({ brokers: null, faults: 60, client: 'kafkajs', json: false });
});

test.each([
  [['--faults', '0'], /--faults: want a whole number from 1 to 10000, got "0"/],
  [['--seed', '-1'], /--seed/],
  [['--seed=1.5'], /--seed: want a whole number/],
  [['--client', 'librdkafka'], /--client: want kafkajs or platformatic, got "librdkafka"/],
  [['--brokers', 'localhost'], /--brokers: want host:port/],
  [['--kinds', 'kill,flood'], /--kinds: want names of faults: kill, .*, got "flood"/],
  [['--brokers', 'a:1', '--kinds', 'cut all'], /--kinds: want a fault that needs no Kafka of its own/],
  [['--fault', '1'], /Unknown option '--fault'/],
])('%j is refused', (args, message) => {
  expect(() => chaosOptions(args)).toThrow(message);
});
