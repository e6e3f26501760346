/**
 * `npm start`: the example manifest at work. Orders are written, projected, handed to a carrier that fails now and
 * then, retried and dead-lettered, on the embedded broker or on the Kafka that KAFKA_BROKERS names, until Ctrl-C or
 * `--for 10s` ends it with a clean drain and a summary.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OrderStore } from '../../handlers/order-store.ts';
import { printError } from '../../runtime/cli/print-error.ts';
import { watchSignals } from '../../runtime/cli/signals.ts';
import { processTerminal, type Terminal } from '../../runtime/cli/terminal.ts';
import { systemClock } from '../../runtime/core/clock.ts';
import { systemRandom } from '../../runtime/core/random.ts';
import { loadManifests } from '../../runtime/manifest/load.ts';
import { failureExitCode } from '../../runtime/supervisor/run-end.ts';
import { createRuntime } from '../../runtime/supervisor/supervisor.ts';
import { Board } from './board.ts';
import { demoOptions } from './options.ts';
import { OrderSource } from './orders.ts';
import { plainScreen, terminalScreen } from './screen.ts';
import { type Frame, incidentLine, picture, plainLine, summary } from './view.ts';

const root = join(import.meta.dirname, '..', '..');
const redrawMs = { terminal: 250, lines: 1_000 };

const terminal = processTerminal();
process.exit(await demo(process.argv.slice(2), terminal));

async function demo(args: readonly string[], to: Terminal): Promise<number> {
  // The projection starts empty, as the embedded broker does.
  const folder = mkdtempSync(join(tmpdir(), 'orders-demo-'));
  process.env.ORDERS_DB = join(folder, 'orders.sqlite');
  try {
    return await run(args, to);
  } catch (error) {
    printError(error, to);
    return failureExitCode(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(args: readonly string[], to: Terminal): Promise<number> {
  const options = demoOptions(args);
  const signals = watchSignals();
  const manifests = ['manifests/projections.yaml', 'scripts/demo/demo.yaml'].map((file) => join(root, file));
  const settings = loadManifests(manifests, { env: to.env, cwd: root, random: systemRandom });
  const runtime = createRuntime(settings, { logger: null });
  const board = new Board(systemClock);
  runtime.events.listen(board.listener);

  let state = 'starting';
  let source: OrderSource | null = null;
  const stop = (): void => {
    state = 'draining';
    void (source?.close() ?? Promise.resolve()).then(() => runtime.stop());
  };
  void signals.first.then(stop);
  const startedAt = systemClock.now();
  const kafka = settings.kafka.brokers === 'embedded' ? 'the embedded broker' : 'Kafka';
  let at = '';
  const frame = (): Frame => ({
    board,
    source: kafka + at,
    httpUrl: runtime.httpUrl,
    state,
    elapsedMs: systemClock.now() - startedAt,
    ordersPublished: source?.published ?? 0,
    ratePerSecond: board.rate(),
  });

  const screen = to.isTTY ? terminalScreen(to.out) : plainScreen(to.out);
  signals.beforeForced(() => screen.close());
  const draw = (): void => {
    if (to.isTTY)
      screen.draw(
        picture(frame(), { columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24, colors: to.colors }),
      );
    else screen.draw(plainLine(frame()));
  };
  if (!to.isTTY) {
    runtime.events.listen((name) => {
      if (name === 'record.deadLettered' || name === 'group.failed') screen.print(incidentLine(board.incidents()[0]!));
    });
  }
  const drawing = setInterval(draw, to.isTTY ? redrawMs.terminal : redrawMs.lines);
  try {
    await runtime.start();
    at = ` at ${(await runtime.brokers()).map(({ host, port }) => `${host}:${port}`).join(', ')}`;
    if (state === 'starting') {
      state = 'running';
      const publish = runtime.publish.bind(runtime);
      source = new OrderSource({ perSecond: options.perSecond, publish, clock: systemClock, random: systemRandom });
      if (options.forMs !== null) setTimeout(stop, options.forMs).unref();
    }
    const { exitCode, error } = await runtime.done;
    if (error !== null) throw error;
    state =
      exitCode === 0 ? 'drained: all that was finished is committed' : 'ended before everything in flight was finished';
    draw();
    const store = new OrderStore();
    screen.print(`\n${summary(frame(), store.statistics(), store.auditEntries())}`);
    store.close();
    return exitCode;
  } finally {
    clearInterval(drawing);
    signals.release();
    screen.close();
  }
}
