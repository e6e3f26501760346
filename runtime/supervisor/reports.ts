/** Builds what `/health`, `/ready`, `/stats` and `/metrics` answer, from the boards that follow the events. */
import type { Reports } from '../http/reports.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Stats, StatsBoard } from '../telemetry/stats.ts';
import type { GroupStatus, StatusBoard } from './group-status.ts';
import type { Liveness, Stall } from './liveness.ts';

/** Row S-81. */
export interface HealthReport {
  readonly status: 'healthy' | 'unhealthy';
  /** At least one group is a member. */
  readonly connected: boolean;
  /** At least one group reads. */
  readonly consuming: boolean;
  readonly events_published: number;
  readonly events_consumed: number;
  readonly handler_errors: number;
  readonly dlq_messages: number;
  readonly groups: readonly GroupStatus[];
  /** What is stuck for longer than `observability.health.stalledFor`. */
  readonly stalls: readonly Stall[];
}

/** Row S-78. */
export interface StatsReport {
  readonly total: Stats;
  readonly groups: Readonly<Record<string, Stats>>;
}

export function healthReport(status: StatusBoard, stats: StatsBoard, liveness: Liveness): HealthReport {
  const stalls = liveness.stalls();
  const total = stats.total();
  return {
    status: status.some('failed') || stalls.length > 0 ? 'unhealthy' : 'healthy',
    connected: status.some('joined', 'draining'),
    consuming: status.some('joined'),
    events_published: total.events_published,
    events_consumed: total.events_consumed,
    handler_errors: total.handler_errors,
    dlq_messages: total.messages_sent_to_dlq,
    groups: status.groups(),
    stalls,
  };
}

export function statsReport(status: StatusBoard, stats: StatsBoard): StatsReport {
  const groups = status.groups().map(({ name }) => [name, stats.group(name)] as const);
  return { total: stats.total(), groups: Object.fromEntries(groups) };
}

export function createReports(status: StatusBoard, stats: StatsBoard, metrics: Metrics, liveness: Liveness): Reports {
  return {
    health() {
      const body = healthReport(status, stats, liveness);
      return { healthy: body.status === 'healthy', body };
    },
    ready: () => status.ready(),
    stats: () => statsReport(status, stats),
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
  };
}
