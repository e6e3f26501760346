/** `runtime replay`: rebuilds what a group has made of its topics, under another name, and says what was done. */
import { systemClock } from '../core/clock.ts';
import type { OffsetPoint } from '../core/offset-point.ts';
import { systemRandom } from '../core/random.ts';
import { type ReplaySummary, replayGroup } from '../replay/replay-group.ts';
import { createLogger } from '../telemetry/logs.ts';
import { load } from './load.ts';
import { printError } from './print-error.ts';
import { count, createProgressBar } from './progress-bar.ts';
import type { Signals } from './signals.ts';
import type { Terminal } from './terminal.ts';

export interface ReplayCommandOptions {
  readonly as: string;
  readonly from?: OffsetPoint;
  readonly to?: OffsetPoint;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** @throws InvalidManifest, UsageError, KafkaError */
export async function runReplay(
  group: string,
  manifests: readonly string[],
  { as, from = { kind: 'earliest' }, to = { kind: 'latest' }, resume = false, json = false }: ReplayCommandOptions,
  terminal: Terminal,
  signals: Signals,
): Promise<number> {
  const settings = load(manifests, terminal);
  const stopping = new AbortController();
  void signals.first.then(() => stopping.abort());
  const bar = terminal.isTTY && !json ? createProgressBar(terminal.err, systemClock) : null;
  // Lines between the bar's would tear it apart, and JSON stands alone.
  const logs = bar === null ? settings.logs : { ...settings.logs, level: 'error' as const };
  const logger = json ? null : createLogger(logs, { isTTY: terminal.isTTY, colors: terminal.colors });
  try {
    const summary = await replayGroup(settings, {
      ...{ group, as, from, to, resume, logger, clock: systemClock, random: systemRandom, signal: stopping.signal },
      ...(bar !== null && { progress: ({ done, total }) => bar.show(done, total) }),
    });
    bar?.clear();
    const { end, ...told } = summary;
    if (end.error !== null) printError(end.error, terminal);
    terminal.out(json ? `${JSON.stringify(told, null, 2)}\n` : words(summary));
    return end.exitCode;
  } finally {
    signals.release();
  }
}

function words({ group, as, complete, partitions, handled, skipped, deadLettered, durationMs }: ReplaySummary): string {
  const seconds = (durationMs / 1000).toFixed(1);
  const counts = [`${count(handled)} handled`, `${count(skipped)} passed over`, `${count(deadLettered)} dead letters`];
  const places = partitions.map(
    ({ topic, partition, from, to, committed }) =>
      `  ${topic}/${partition}  ${from} to ${to}, committed ${committed}\n`,
  );
  const head = complete ? `${as} has all that ${group} could read` : `${as} is not through; go on with --resume`;
  return `${head}: ${counts.join(', ')} in ${seconds} s\n${places.join('')}`;
}
