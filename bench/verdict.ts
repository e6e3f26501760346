/** A result held against the target of its workload. */

import { whole } from './figures.ts';
import { baseOf, type Result, summary } from './result.ts';
import type { Target } from './workload.ts';

/** @returns one sentence; null when there is no target, or not everything that it needs was measured */
export function verdict(result: Result, target: Target | undefined): string | null {
  const [ours] = result.rows;
  if (target === undefined || ours === undefined || result.broker !== 'kafka') return null;
  if (ours.failure !== null) return null;
  const found = baseOf(ours, result.rows);
  const base = found?.failure === null ? found : undefined;
  const { perSecond, latency } = summary(ours);
  const ratio = base === undefined ? null : perSecond / summary(base).perSecond;
  const parts = [
    atLeast(target.perSecond, perSecond, (value) => `${whole(value)} records/s`),
    atLeast(target.ratio, ratio, (value) => `${value.toFixed(2)} × eachBatch`),
    atMost(target.p50Ms, latency?.p50Ms ?? null, (value) => `p50 of ${value.toFixed(2)} ms`),
    atMost(target.p99Ms, latency?.p99Ms ?? null, (value) => `p99 of ${value.toFixed(2)} ms`),
  ];
  const said = parts.filter((part) => part !== null);
  return said.length === 0 ? null : `Target: ${said.join('; ')}.`;
}

type Text = (value: number) => string;

function atLeast(wanted: number | undefined, got: number | null, text: Text): string | null {
  if (wanted === undefined || got === null) return null;
  return `at least ${text(wanted)}: ${got >= wanted ? 'reached' : 'missed'} with ${text(got)}`;
}

function atMost(wanted: number | undefined, got: number | null, text: Text): string | null {
  if (wanted === undefined || got === null) return null;
  return `at most ${text(wanted)}: ${got <= wanted ? 'reached' : 'missed'} with ${text(got)}`;
}
