// Each program of `examples/` prints what its `expected.txt` says, as `npm run example` starts it: on the embedded broker
// without any setting, and on Apache Kafka with KAFKA_BROKERS.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { spawnBound } from '../../scripts/real/bound-process.ts';
import { realKafka } from '../real/support/real-kafka.ts';
import { RunningProcess } from '../support/running-process.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples');
const kafka = await realKafka();

/** Rows of the spec that an example shows. */
const rows: Readonly<Record<string, string>> = {
  'publish-subscribe': 'S-02, S-16: an event that is published is handled, in the order of its aggregate',
  'consumer-groups': 'S-16, S-48, S-49: two members share the events of a topic, a second group gets all of them',
  'high-throughput': 'S-03, S-16: 1,000 events in batches of 100, with time and rate',
  projections: 'S-15, S-16: one order placed and shipped is in the statistics, and twice in the audit log',
  shop: 'S-111, S-14, S-37: orders over HTTP go through three groups, each with its own end, and are in the statistics',
};

const targets = [
  { name: 'the embedded broker', missing: false, environment: () => ({ KAFKA_BROKERS: '' }) },
  { name: 'Apache Kafka', missing: kafka.missing, environment: () => ({ KAFKA_BROKERS: kafka.brokers }) },
];

test('every example is listed here, and in docs/examples.md', () => {
  const page = readFileSync(join(folder, '..', 'docs', 'examples.md'), 'utf8');
  const names = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'main.ts')));
  expect(Object.keys(rows).toSorted()).toEqual(names);
  expect(names.filter((name) => !page.includes(`npm run example ${name}`))).toEqual([]);
});

for (const target of targets) {
  describe.skipIf(target.missing)(`on ${target.name}`, () => {
    test.for(Object.entries(rows))('%s: %s', { timeout: 240_000 }, async ([name]) => {
      const program = new RunningProcess(
        spawnBound(process.execPath, [join(folder, 'main.ts'), name], {
          stdio: ['ignore', 'pipe', 'pipe'],
          environment: { NO_COLOR: '1', ...target.environment() },
        }),
      );
      onTestFinished(() => program.close());
      const { code, stdout, stderr } = await program.ended();
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(`${stdout}\n`).toMatch(pattern(readFileSync(join(folder, name, 'expected.txt'), 'utf8')));
    });
  });
}

/** `…` stands for a number: a time, a rate, a share that is left to chance. */
function pattern(expected: string): RegExp {
  return new RegExp(`^${expected.split('…').map(RegExp.escape).join(String.raw`\d+(\.\d+)?`)}$`);
}

test('an example that does not exist is told, with those that do', async () => {
  const args = [join(folder, 'main.ts'), 'projection'];
  const program = new RunningProcess(spawnBound(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
  const { code, stderr } = await program.ended();
  expect(code).toBe(1);
  expect(stderr).toContain('got projection\nusage: npm run example consumer-groups|');
});
