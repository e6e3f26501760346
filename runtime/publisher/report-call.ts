/** Tells what became of a call, by topic: for log lines and metrics. */
import { toErrorData } from '../core/error-data.ts';
import type { Emit } from '../core/events.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import type { CallResult } from './call.ts';

export function reportCall(
  records: readonly OutboundRecord[],
  { failures }: CallResult,
  durationMs: number,
  emit: Emit,
): void {
  const topic = records[0]?.topic ?? '';
  // As most calls are: without a map.
  if (failures.length === 0 && records.every((record) => record.topic === topic)) {
    emit('records.published', { topic, records: records.length, durationMs });
    return;
  }
  for (const [name, count] of countByTopic(records)) {
    const failed = failures.filter(({ index }) => records[index]!.topic === name);
    const written = count - failed.length;
    if (written > 0) emit('records.published', { topic: name, records: written, durationMs });
    if (failed.length > 0) {
      const { message } = toErrorData(failed[0]!.error);
      emit('publish.failed', { topic: name, records: failed.length, message });
    }
  }
}

function countByTopic(records: readonly OutboundRecord[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { topic } of records) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}
