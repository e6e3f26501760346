/**
 * The command tree: names, arguments, options and help. What a command does is in the file of its name, which is loaded
 * when it is wanted: a Kafka client and an HTTP server would make `runtime version` five times as slow.
 */
import { Command, InvalidArgumentError } from 'commander';
import { acceptedPoints, type OffsetPoint, parseOffsetPoint } from '../core/offset-point.ts';
import type { EventsCommandOptions } from './events.ts';
import type { ReplayCommandOptions } from './replay.ts';
import { watchSignals } from './signals.ts';
import { refuseLooseOptions } from './strict-options.ts';
import type { Terminal } from './terminal.ts';

/** Where a command leaves its exit code. */
export interface CommandResult {
  exitCode: number;
}

export function createProgram(terminal: Terminal, result: CommandResult): Command {
  const program = new Command('runtime')
    .description('Runs Kafka event handlers as manifests describe them.')
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      getOutHasColors: () => terminal.colors,
      getErrHasColors: () => terminal.colors,
    })
    .showHelpAfterError()
    .showSuggestionAfterError()
    .helpCommand(false)
    .addHelpText('after', '\nStart with: runtime start manifests/projections.yaml');

  program
    .command('start')
    .description('run the groups of one or more manifests until SIGINT or SIGTERM')
    .argument('<manifest...>', 'manifest files')
    .option('-g, --group <name>', 'run only this group, and no gateway (may be repeated)', collect)
    .action(async (manifests: string[], options: { group?: readonly string[] }) => {
      const signals = watchSignals();
      const { runStart } = await import('./start.ts');
      result.exitCode = await runStart(manifests, options.group ?? [], terminal, signals);
    });

  program
    .command('validate')
    .description('check manifests without connecting to anything')
    .argument('<manifest...>', 'manifest files')
    .option('--json', 'print the result as JSON')
    .action(async (manifests: string[], options: { json?: boolean }) => {
      const { runValidate } = await import('./validate.ts');
      result.exitCode = runValidate(manifests, options.json === true, terminal);
    });

  program
    .command('schema')
    .description('print the JSON Schema of manifests, for editors')
    .action(async () => {
      const { runSchema } = await import('./schema.ts');
      runSchema(terminal);
    });

  program
    .command('types')
    .description('write the TypeScript of the events that manifests register')
    .argument('<manifest...>', 'manifest files')
    .requiredOption('-o, --out <file>', 'module to write, such as handlers/events.gen.ts')
    .option('--check', 'write nothing; exit code 1 when the file is stale')
    .action(async (manifests: string[], options: { out: string; check?: boolean }) => {
      const { runTypes } = await import('./types.ts');
      const { out, check = false } = options;
      result.exitCode = await runTypes(manifests, { out, check }, terminal);
    });

  program
    .command('replay')
    .description('run the handlers of a group over old records under a name of their own, until all are done')
    .argument('<group>', 'whose handlers run; its own offsets and members are not touched')
    .argument('<manifest...>', 'manifest files')
    .requiredOption('--as <name>', 'the consumer group that the handlers run as')
    .option('--from <point>', `${acceptedPoints} (default: earliest)`, point)
    .option('--to <point>', 'up to here, not included (default: latest, as it is at the start)', point)
    .option('--resume', 'go on where a replay of this name has stopped')
    .option('--json', 'print the summary as JSON')
    .action(async (group: string, manifests: string[], options: ReplayCommandOptions) => {
      const signals = watchSignals();
      const { runReplay } = await import('./replay.ts');
      result.exitCode = await runReplay(group, manifests, options, terminal, signals);
    });

  program
    .command('events')
    .description('show the events of one key, from the partition that the key belongs to')
    .argument('<group|topic>', 'a topic, or a group of the manifests, whose topics are read')
    .argument('[manifest...]', 'manifest files; without one, KAFKA_BROKERS says where Kafka is')
    .requiredOption('--key <key>', 'the key of the records, such as the id of an aggregate')
    .option('--from <point>', `${acceptedPoints} (default: earliest)`, pointText)
    .option('-n <count>', 'at most so many, the oldest ones', countOf)
    .option('--json', 'print each event as a line of JSON')
    .action(async (of: string, manifests: string[], options: EventsCommandOptions) => {
      const signals = watchSignals();
      const { runEvents } = await import('./events.ts');
      result.exitCode = await runEvents(of, manifests, options, terminal, signals);
    });

  program
    .command('broker')
    .description('run the embedded broker alone; for development, on 127.0.0.1 only')
    .option('-p, --port <port>', 'port to listen on, 0 for any free one (default: 9092)', port)
    .option('-d, --dir <folder>', 'keep topics and offsets in this folder (default: in memory)')
    .action(async (options: { port?: number; dir?: string }) => {
      const signals = watchSignals();
      const { runBroker } = await import('./broker.ts');
      result.exitCode = await runBroker({ port: options.port ?? 9092, dir: options.dir ?? null }, terminal, signals);
    });

  program
    .command('store')
    .description('work on the database of the event store')
    .helpCommand(false)
    .command('migrate')
    .description('make or update the tables in the database that `store.url` names; safe to run twice')
    .argument('<manifest...>', 'manifest files')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--json', 'print the result as JSON')
    .action(async (manifests: string[], options: { dryRun?: boolean; json?: boolean }) => {
      const { runStoreMigrate } = await import('./store-migrate.ts');
      const flags = { dryRun: options.dryRun === true, asJson: options.json === true };
      result.exitCode = await runStoreMigrate(manifests, flags, terminal);
    });

  program
    .command('version')
    .description('print the version')
    .option('--json', 'print it as JSON')
    .action(async (options: { json?: boolean }) => {
      const { runVersion } = await import('./version.ts');
      runVersion(options.json === true, terminal);
    });

  for (const command of program.commands.flatMap((one) => [one, ...one.commands])) refuseLooseOptions(command);
  return program;
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function point(text: string): OffsetPoint {
  const value = parseOffsetPoint(text);
  if (value === null) throw new InvalidArgumentError(`Want ${acceptedPoints}.`);
  return value;
}

function pointText(text: string): string {
  point(text);
  return text;
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Want a whole number from 1.');
  return Number(text);
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('Want an integer from 0 to 65535.');
  return value;
}
