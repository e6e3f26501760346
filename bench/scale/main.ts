/**
 * `npm run bench:scale`: what 50 groups of 20 partitions in one process cost while nothing happens, with handlers on the
 * main thread and with a thread for each group: time to start, CPU, memory.
 */
import type { Terminal } from '../../runtime/cli/terminal.ts';
import { TestKafka } from '../../runtime/testing/test-kafka.ts';
import { CommandLine } from '../../scripts/command-line.ts';
import { runCommand } from '../../scripts/run-command.ts';
import { addressesOf } from '../addresses.ts';
import { startBroker } from '../brokers/kinds.ts';
import { aligned } from '../table.ts';
import { type Cost, measure, topicOf } from './measure.ts';

const executions = { inline: 'execution: inline', 'workers: 1': 'concurrency: { workers: 1 }' };

await runCommand('bench:scale', run);

async function run(args: readonly string[], terminal: Terminal): Promise<undefined> {
  const line = new CommandLine(
    'npm run bench:scale -- [--groups 50] [--partitions 20] [--seconds 60] [--broker kafka|embedded] [--json]',
  );
  const flags = line.parse(args, {
    groups: { type: 'string', default: '50' },
    partitions: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '60' },
    broker: { type: 'string', default: 'kafka' },
    json: { type: 'boolean', default: false },
  });
  const groups = line.wholeNumber('--groups', flags.groups, 1, 1_000);
  const partitions = line.wholeNumber('--partitions', flags.partitions, 1, 1_000);
  const seconds = line.wholeNumber('--seconds', flags.seconds, 1, 3_600);
  const kind = flags.broker;
  if (kind !== 'kafka' && kind !== 'embedded') throw line.mistake('--broker', 'kafka or embedded', kind);

  const broker = await startBroker(kind);
  try {
    await makeTopics(broker.brokers, groups, partitions);
    if (!flags.json) terminal.out(`${groups} groups of ${partitions} partitions each, idle, on ${broker.title}\n`);
    const costs: Record<string, Cost> = {};
    for (const [name, execution] of Object.entries(executions)) {
      costs[name] = await measure({ groups, execution }, broker.brokers, seconds);
    }
    terminal.out(flags.json ? `${JSON.stringify(costs, null, 2)}\n` : `${text(costs)}\n`);
  } finally {
    await broker.stop();
  }
}

async function makeTopics(brokers: string, groups: number, partitions: number): Promise<void> {
  const kafka = new TestKafka(addressesOf(brokers));
  try {
    await kafka.createTopics(
      Object.fromEntries(Array.from({ length: groups }, (_, group) => [topicOf(group), { partitions }])),
    );
  } finally {
    await kafka.close();
  }
}

function text(costs: Readonly<Record<string, Cost>>): string {
  return aligned([
    ['', 'start', 'CPU of it', 'idle CPU of a core', 'memory'],
    ...Object.entries(costs).map(([name, { startSeconds, startCpuSeconds, idleCpuPercent, rssMiB }]) => [
      name,
      `${startSeconds.toFixed(1)} s`,
      `${startCpuSeconds.toFixed(1)} s`,
      `${idleCpuPercent.toFixed(2)} %`,
      `${Math.round(rssMiB)} MiB`,
    ]),
  ]);
}
