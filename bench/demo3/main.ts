/**
 * `npm run bench:demo3 -- --events 10000 --runs 3 --at-once 10`: how fast Demo 3 is next to eventsource-py, in the same run on the same
 * broker: the Kafka at KAFKA_BROKERS, or one that it starts.
 */
import type { Terminal } from '../../runtime/cli/terminal.ts';
import { CommandLine } from '../../scripts/command-line.ts';
import { installPython } from '../../scripts/real/python.ts';
import { runCommand } from '../../scripts/run-command.ts';
import { startApacheKafka } from '../brokers/kafka.ts';
import { median } from '../statistics.ts';
import { compareDemo3 } from './compare.ts';

await runCommand('bench:demo3', compare);

async function compare(args: readonly string[], terminal: Terminal): Promise<undefined> {
  const line = new CommandLine('npm run bench:demo3 -- [--events 10000] [--runs 3] [--at-once 10]');
  const flags = line.parse(args, {
    events: { type: 'string', default: '10000' },
    runs: { type: 'string', default: '3' },
    'at-once': { type: 'string', default: '10' },
  });
  const events = line.wholeNumber('--events', flags.events, 100, 10_000_000);
  if (events % 100 !== 0) throw line.mistake('--events', 'a multiple of 100, since they go in batches', flags.events);
  const runs = line.wholeNumber('--runs', flags.runs, 1, 100);
  const atOnce = line.wholeNumber('--at-once', flags['at-once'], 1, 1_000);
  const python = await installPython();
  const broker = await startApacheKafka(process.env.KAFKA_BROKERS);
  try {
    terminal.out(`Demo 3, ${events} events, ${atOnce} batches of 100 at once, on ${broker.title}\n`);
    const {
      runtime,
      python: theirs,
      timesAsFast,
    } = await compareDemo3({
      ...{ brokers: broker.brokers, python, events, runs, atOnce },
      ran: (contender, rate) => terminal.out(`${contender.padEnd(16)}${perSecond(rate)}\n`),
    });
    const medians = `${perSecond(median(runtime))} and ${perSecond(median(theirs))}`;
    terminal.out(`medians of ${runs}: ${medians}: ${timesAsFast.toFixed(1)} times as fast\n`);
  } finally {
    await broker.stop();
  }
}

function perSecond(rate: number): string {
  return `${Math.round(rate).toLocaleString('en-US')} events/s`;
}
