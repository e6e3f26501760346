/** `ctx.log`: lines that carry the place of the record, or of the partition, sent to the main thread as data. */
import { toErrorData } from '../core/error-data.ts';
import type { LogLine } from '../core/events.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { LogLevel } from '../core/settings.ts';
import type { FromThread } from '../core/thread-messages.ts';
import type { Logger } from '../handler/context.ts';

export interface LogSink {
  /** The least important lines that are wanted; the others cost nothing but the call. */
  readonly logLevel: LogLevel;
  post(message: FromThread): void;
}

/** Ascending importance, as pino ranks them. */
const ranks: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

export function createLogger({ logLevel, post }: LogSink, place: TopicPartition, attempt: number): Logger {
  const lowest = ranks.indexOf(logLevel);
  const write =
    (level: LogLine['level']) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      if (ranks.indexOf(level) < lowest) return;
      const line = { level, message: String(message), fields: { ...plainFields(fields), ...place, attempt } };
      post({ kind: 'log', line });
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** Only data crosses threads, and a log call must not throw: what is no data becomes text. */
function plainFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) plain[field] = plainValue(value);
  return plain;
}

function plainValue(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (value instanceof Error) {
    const { name, message, code, stack } = toErrorData(value);
    return { name, message, code, stack };
  }
  try {
    return typeof value === 'object' ? JSON.parse(JSON.stringify(value)) : String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
