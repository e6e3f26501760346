/**
 * Publishes from any program, with the settings of a manifest (rows S-25 to S-36). Handlers have `ctx.publish`, which is
 * the same code. What it takes is loaded here, when it is called: handler modules import this package too.
 */
import { EventHub } from './core/events.ts';
import type { LogSettings } from './core/settings.ts';
import type { CloseOptions, Publisher } from './publisher/publisher.ts';

export type { CloseOptions, Publisher };

/** Sections of a manifest, with the same keys, defaults and rules. */
export interface PublisherSettings {
  readonly kafka?: Readonly<Record<string, unknown>>;
  readonly producer?: Readonly<Record<string, unknown>>;
  readonly schemas?: Readonly<Record<string, unknown>>;
}

export interface CreatePublisherOptions {
  /** For `${VAR}` in manifests and for `KAFKA_BROKERS`. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. Default: the working folder. */
  readonly cwd?: string;
  /** Log lines about lost connections and failed publishes: true as `observability.logs` says. Default: none. */
  readonly logs?: boolean | LogSettings;
  /** Hears what happens (`records.published`, `publish.failed`, `kafka.reconnected`, …): for metrics of your own. */
  readonly events?: EventHub;
}

/**
 * Connects with the first event. Close it: its sockets keep the process alive.
 * @param from path of a manifest, or of several, whose groups are not run; or the sections themselves
 * @throws ManifestError with every problem in its message; `UsageError` when no Kafka is named
 */
export async function createPublisher(
  from: string | readonly string[] | PublisherSettings = {},
  options: CreatePublisherOptions = {},
): Promise<Publisher> {
  const [{ loadProcess }, { openPublisher }, { systemRandom }] = await Promise.all([
    import('./manifest/load.ts'),
    import('./publisher/open-publisher.ts'),
    import('./core/random.ts'),
  ]);
  const { env = process.env, cwd = process.cwd(), logs = false, events = new EventHub() } = options;
  const sections = typeof from === 'string' ? [from] : from;
  const settings = loadProcess(sections, { env, cwd, random: systemRandom });
  if (logs !== false) await logTo(events, logs === true ? settings.logs : logs);
  return openPublisher(settings, events.emit);
}

async function logTo(events: EventHub, settings: LogSettings): Promise<void> {
  const [{ createLogger, logEvents }, { systemClock }] = await Promise.all([
    import('./telemetry/logs.ts'),
    import('./core/clock.ts'),
  ]);
  events.listen(logEvents(createLogger(settings, { isTTY: false, colors: false }), systemClock));
}
