/**
 * Runs manifests inside another program (row S-01). What that takes is loaded here, when it is called: handler modules
 * import this package too, in every thread, and need neither a Kafka client nor an HTTP server.
 */
import type { LogSettings } from './core/settings.ts';
import type { Runtime } from './supervisor/runtime.ts';

export type { HealthReport, StatsReport } from './supervisor/reports.ts';
export type { RuntimeEnd } from './supervisor/run-end.ts';
export type { GroupTopic, Runtime, RuntimePublisher } from './supervisor/runtime.ts';

export interface CreateRuntimeOptions {
  /** For `${VAR}` in manifests. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths of manifests start. Default: the working folder. */
  readonly cwd?: string;
  /** False: no log lines. Default: as `observability.logs` says. */
  readonly logs?: boolean | LogSettings;
  /** False: no port for operators. */
  readonly http?: boolean;
}

/**
 * Reads the manifests and prepares a runtime; `start()` runs it, `stop()` drains it. Signals are yours to handle.
 * @param manifests paths
 * @throws ManifestError with every problem of every manifest in its message
 */
export async function createRuntime(
  manifests: string | readonly string[],
  options: CreateRuntimeOptions = {},
): Promise<Runtime> {
  const [{ loadManifests }, supervisor, { createLogger }, { systemRandom }] = await Promise.all([
    import('./manifest/load.ts'),
    import('./supervisor/supervisor.ts'),
    import('./telemetry/logs.ts'),
    import('./core/random.ts'),
  ]);
  const { env = process.env, cwd = process.cwd(), logs = true, http = true } = options;
  const settings = loadManifests([manifests].flat(), { env, cwd, random: systemRandom });
  const logSettings = typeof logs === 'object' ? logs : settings.logs;
  const logger = logs === false ? null : createLogger(logSettings, { isTTY: false, colors: false });
  return supervisor.createRuntime(settings, { logger, http });
}
