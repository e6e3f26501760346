/** `runtime events`: shows the events of one key, as lines of JSON or as a table. */
import { systemClock } from '../core/clock.ts';
import { type ReadEvent, readEvents } from '../replay/read-events.ts';
import { EventTable } from './event-table.ts';
import { exitCodes } from './exit-codes.ts';
import { createProgressBar } from './progress-bar.ts';
import type { Signals } from './signals.ts';
import type { Terminal } from './terminal.ts';

export interface EventsCommandOptions {
  readonly key: string;
  readonly from?: string;
  readonly n?: number;
  readonly json?: boolean;
}

/** @param of a group of the manifests, or a topic @throws InvalidManifest, UsageError, KafkaError */
export async function runEvents(
  of: string,
  manifests: readonly string[],
  { key, from, n, json = false }: EventsCommandOptions,
  terminal: Terminal,
  signals: Signals,
): Promise<number> {
  const stopping = new AbortController();
  void signals.first.then(() => stopping.abort());
  const bar = terminal.isTTY ? createProgressBar(terminal.err, systemClock) : null;
  const table = json ? null : new EventTable(terminal.isTTY ? 100 : null);
  const out = (text: string): void => {
    if (text === '') return;
    bar?.clear();
    terminal.out(text);
  };
  let found = 0;
  try {
    const events = readEvents(manifests.length === 0 ? {} : manifests, {
      ...{ of, key, signal: stopping.signal, env: terminal.env, cwd: terminal.cwd },
      ...(from !== undefined && { from }),
      ...(n !== undefined && { limit: n }),
      ...(bar !== null && { progress: (scanned, total) => bar.show(scanned, total) }),
    });
    for await (const event of events) {
      found++;
      out(table === null ? `${JSON.stringify(asJson(event))}\n` : table.add(event));
    }
    bar?.clear();
    if (table !== null) out(table.end());
    if (found === 0 && !json) terminal.err(`no event with key ${key} in ${of}\n`);
    return exitCodes.done;
  } finally {
    signals.release();
  }
}

/** Offsets as text, since JSON's numbers end at 2^53. A value that is no JSON is there as base64. */
function asJson({ offset, data, value, ...event }: ReadEvent): object {
  const shown = data === undefined && value !== null ? { base64: Buffer.from(value).toString('base64') } : { data };
  return { ...event, offset: String(offset), ...shown };
}
