/** What threads tell for people and metrics only: it becomes events of the group. */
import type { Emit } from '../core/events.ts';
import type { FromThread } from '../core/thread-messages.ts';

export type Report = Extract<FromThread, { readonly kind: 'retrying' | 'slow' | 'tally' | 'log' | 'store' }>;

/** @param thread index of the thread in its group */
export function tellReport(emit: Emit, group: string, thread: number, report: Report): void {
  switch (report.kind) {
    case 'retrying': {
      const { place, attempt, delayMs, error } = report;
      emit('record.retried', { ...place, group, attempt, delayMs, error });
      return;
    }
    case 'slow':
      emit('handler.slow', { ...report.place, group, durationMs: report.durationMs });
      return;
    case 'tally':
      emit('handler.tally', { group, thread, tally: report.tally });
      return;
    case 'store':
      emit('store.state', { group, thread, problem: report.problem });
      return;
    case 'log':
      emit('handler.log', { group, thread, line: report.line });
      return;
    default:
      report satisfies never;
  }
}
