/** Collects what a thread has counted since the last report. Counting happens where the work is, into plain numbers. */
import type { Tally } from '../core/events.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { Routes } from './routes.ts';

interface Counted extends TopicPartition {
  readonly handled: number[];
}

/** Takes the counts: they are zero afterwards. @returns null when nothing was counted */
export function takeTally(partitions: readonly Counted[], routes: Routes, skipped: number): Tally | null {
  const handled: Tally['handled'][number][] = [];
  for (const { topic, partition, handled: counts } of partitions) {
    counts.forEach((count, id) => {
      if (count > 0) handled.push({ topic, partition, type: routes.labels[id] ?? '', count });
    });
    counts.fill(0);
  }
  const calls = [...routes.stats].flatMap((stats) => stats.take() ?? []);
  if (handled.length === 0 && calls.length === 0 && skipped === 0) return null;
  return { handled, calls, skipped };
}
