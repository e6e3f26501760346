/** `runtime start`: runs the groups of the manifests until a signal, or until none of them can go on. */
import { UsageError } from '../core/errors.ts';
import type { RuntimeSettings } from '../core/settings.ts';
import { nearestName } from '../manifest/nearest-name.ts';
import { createRuntime } from '../supervisor/supervisor.ts';
import { createLogger } from '../telemetry/logs.ts';
import { exitCodes } from './exit-codes.ts';
import { load } from './load.ts';
import { printError } from './print-error.ts';
import type { Signals } from './signals.ts';
import type { Terminal } from './terminal.ts';

/** @param groups names from `--group`; none means all */
export async function runStart(
  manifests: readonly string[],
  groups: readonly string[],
  terminal: Terminal,
  signals: Signals,
): Promise<number> {
  const settings = only(groups, load(manifests, terminal));
  const logger = createLogger(settings.logs, { isTTY: terminal.isTTY, colors: terminal.colors });
  const runtime = createRuntime(settings, { logger });
  endOnCrash(terminal);
  void signals.first.then((signal) => {
    logger.info(`${signal}: draining, at most ${settings.shutdown.timeoutMs / 1000} s; once more ends at once`);
    void runtime.stop();
  });
  signals.beforeForced((signal) => logger.warn(`${signal} again: ended without draining`));
  // `done` tells how it ended, a failed start too.
  runtime.start().catch(() => {});
  const { exitCode, error } = await runtime.done;
  signals.release();
  if (error !== null) printError(error, terminal);
  else
    logger.info(
      exitCode === 0 ? 'drained: all that was finished is committed' : 'not everything in flight was finished in time',
    );
  return exitCode;
}

/** What nobody catches must not leave a process that looks alive (row X-03). What was not committed is read again. */
function endOnCrash(terminal: Terminal): void {
  process.on('uncaughtException', (error) => {
    terminal.err('An error was thrown and nobody caught it; with `execution: inline` it may come from a handler.\n');
    printError(error, terminal);
    process.exit(exitCodes.groupFailed);
  });
}

/** Only these groups, and no gateway. @throws UsageError for a group that no manifest has */
function only(names: readonly string[], settings: RuntimeSettings): RuntimeSettings {
  if (names.length === 0) return settings;
  const known = settings.groups.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearestName(unknown, known);
    const hint = near === null ? `the manifests have: ${known.join(', ') || 'none'}` : `did you mean ${near}?`;
    throw new UsageError('RT_USAGE', `--group ${unknown}: no such group; ${hint}`, { retryable: false });
  }
  const groups = settings.groups.filter(({ name }) => names.includes(name));
  return { ...settings, groups, gateway: { ...settings.gateway, routes: [] } };
}
