/** Log lines of a bus, as those of a runtime. */
import type { Logger } from 'pino';
import type { Clock } from '../core/clock.ts';
import type { EventHub } from '../core/events.ts';
import type { LogSettings, RuntimeSettings } from '../core/settings.ts';
import { createLogger, logEvents } from '../telemetry/logs.ts';

/** @param logs true or missing: as `observability.logs` says @returns null where there are none */
export function busLogger(
  settings: RuntimeSettings,
  logs: boolean | LogSettings | undefined,
  events: EventHub,
  clock: Clock,
): Logger | null {
  if (logs === false) return null;
  const logger = createLogger(typeof logs === 'object' ? logs : settings.logs, { isTTY: false, colors: false });
  events.listen(logEvents(logger, clock));
  return logger;
}
