/** Writes events as log lines: JSON for machines, coloured text for people. What each event says is in `log-lines.ts`. */
import pino, { type DestinationStream, type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Clock } from '../core/clock.ts';
import type { LogLine, RuntimeEvents } from '../core/events.ts';
import type { LogSettings } from '../core/settings.ts';
import { LineLimit } from './line-limit.ts';
import { logLines } from './log-lines.ts';

export interface LogTarget {
  /** A person looks at it, which decides where the manifest says `format: auto`. */
  readonly isTTY: boolean;
  readonly colors: boolean;
  /** Instead of standard output. */
  readonly stream?: DestinationStream;
}

/** Lines are written at once, so that the last one is there when the process ends. */
export function createLogger(settings: LogSettings, target: LogTarget): Logger {
  const options = { level: settings.level, base: null };
  const destination = target.stream ?? pino.destination({ dest: 1, sync: true });
  const forPeople = settings.format === 'pretty' || (settings.format === 'auto' && target.isTTY);
  return pino(options, forPeople ? asText(destination, target.colors) : destination);
}

function asText(destination: DestinationStream, colorize: boolean): DestinationStream {
  const format = prettyFactory({
    colorize,
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    // The text says it already.
    ignore: 'event,state,node,epoch',
  });
  return { write: (line) => destination.write(format(line)) };
}

/** @returns a listener for `EventHub.listen` */
export function logEvents(
  logger: Logger,
  clock: Clock,
): <K extends keyof RuntimeEvents>(name: K, event: RuntimeEvents[K]) => void {
  const limit = new LineLimit(clock);
  return (name, event) => {
    const write = logLines[name] as ((event: RuntimeEvents[typeof name]) => LogLine) | null;
    if (write === null) return;
    const { level, message, fields } = write(event);
    if (!logger.isLevelEnabled(level)) return;
    const leftOut = limit.take(name);
    if (leftOut === null) return;
    if (leftOut > 0) logger.warn({ event: name }, `${leftOut} more lines like this were left out`);
    logger[level]({ event: name, ...fields }, message);
  };
}
