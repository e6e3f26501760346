/**
 * `npm run bench:demo3 -- --events 10000 --runs 3 --at-once 10`: how fast Demo 3 is next to eventsource-py, in the same run on the same
 * broker: the Kafka at KAFKA_BROKERS, or one that it starts.
 */
import { printError } from '../../runtime/cli/print-error.ts';
import { processTerminal } from '../../runtime/cli/terminal.ts';
import { UsageError } from '../../runtime/core/errors.ts';
import { failureExitCode } from '../../runtime/supervisor/run-end.ts';
import { CommandLine } from '../../scripts/command-line.ts';
import { installPython } from '../../scripts/real/python.ts';
import { startApacheKafka } from '../brokers/kafka.ts';
import { median } from '../statistics.ts';
import { compareDemo3 } from './compare.ts';

const terminal = processTerminal();
try {
  await compare(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) printError(error, terminal);
  else terminal.err(`bench:demo3: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = failureExitCode(error);
}

async function compare(args: readonly string[]): Promise<void> {
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
