/** Collects what a thread has counted since the last report. Counting happens where the work is, into plain numbers. */
import type { Tally } from '../core/events.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { Route, Routes } from './routes.ts';

interface Counted extends TopicPartition {
  readonly handled: number[];
}

/** One record of this route was handled. */
export function countHandled(handled: number[], route: Route): void {
  handled[route.id] = (handled[route.id] ?? 0) + 1;
}

/**
 * Takes the counts: they are zero afterwards.
 * @param duplicates calls that were left out @returns null when nothing was counted
 */
export function takeTally(partitions: readonly Counted[], routes: Routes, duplicates: number): Tally | null {
  const handled: Tally['handled'][number][] = [];
  for (const { topic, partition, handled: counts } of partitions) {
    counts.forEach((count, id) => {
      if (count > 0) handled.push({ topic, partition, type: routes.labels[id] ?? '', count });
    });
    counts.fill(0);
  }
  const calls = [...routes.stats].flatMap((stats) => stats.take() ?? []);
  const { skipped } = routes;
  routes.skipped = 0;
  if (handled.length === 0 && calls.length === 0 && skipped === 0 && duplicates === 0) return null;
  return { handled, calls, skipped, ...(duplicates > 0 && { duplicates }) };
}
