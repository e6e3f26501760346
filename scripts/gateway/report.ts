/** What a load looked like, as text. */
import type { LoadOptions } from './options.ts';
import type { LoadResult } from './run.ts';

export function report(result: LoadResult, { seconds, rate, broker, signal }: LoadOptions): string {
  const { verdict, statuses, exchangeMs, acceptedMs, awayMs, tookMs, exitCode } = result;
  const byStatus = [...statuses].toSorted(([a], [b]) => a.localeCompare(b));
  const rows: readonly (readonly [string, string])[] = [
    ['requests', String(verdict.requests)],
    ...byStatus.map(([status, count]) => [`answers ${status}`, String(count)] as const),
    ['p50 / p99 of an exchange with 202', times(exchangeMs)],
    ['p50 / p99 from due to 202', times(acceptedMs)],
    ['accepted per second, over all', String(Math.round((verdict.accepted * 1_000) / tookMs))],
    ['broker away', `${(awayMs / 1_000).toFixed(1)} s`],
    ['accepted', String(verdict.accepted)],
    ['in the topic', String(verdict.inTopic)],
    ['missing', String(verdict.missing.length)],
    ['twice', String(verdict.twice.length)],
    ['exit code of the gateway', String(exitCode)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `${rate} requests/s for ${seconds} s, ${broker}, broker restarted (${signal}) in the middle`,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    holds(result) ? 'ok: every 202 is in the topic, nothing is there twice' : 'BROKEN',
  ].join('\n');
}

export function holds({ verdict, exitCode }: LoadResult): boolean {
  return verdict.holds && exitCode === 0;
}

function times(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  return `${at(0.5)} / ${at(0.99)} ms`;
}
