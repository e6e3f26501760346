/** Judges a campaign: one line for each promise, with what was found and what it takes to hold. */
import { allViolations, type CallLine } from '../../test/support/history.ts';
import { recordName } from '../../test/support/history-book.ts';
import type { ClauseName } from '../../test/support/history-clauses.ts';
import type { CampaignResult, StepResult } from './campaign.ts';
import { type KindName, kindOf, kinds } from './deck.ts';

export interface VerdictLine {
  readonly promise: string;
  readonly found: string;
  readonly wanted: string;
  readonly holds: boolean;
  /** What is wrong, some of it. */
  readonly details: readonly string[];
}

export interface KindLine {
  readonly kind: KindName;
  readonly count: number;
  /** Of those that recovered; null when none did. */
  readonly medianMs: number | null;
  readonly maxMs: number | null;
  /** Deliveries of records that had been delivered before, from such a fault until the next one. */
  readonly duplicates: number;
}

export interface Verdict {
  readonly lines: readonly VerdictLine[];
  readonly kinds: readonly KindLine[];
  readonly holds: boolean;
}

const detailsMax = 5;

export function judge({ results, history, problems }: CampaignResult): Verdict {
  const violations = allViolations(history);
  const none = (promise: string, ...clauses: readonly ClauseName[]): VerdictLine => {
    const details = clauses.flatMap((clause) => violations.get(clause)!.map((detail) => `${clause}: ${detail}`));
    return line(promise, String(details.length), '0', details.length === 0, details);
  };
  const duplicates = duplicatesBySteps(results, history.calls);
  const fromGraceful = results.filter(({ step }) => kindOf(step.kind).costs === 'nothing');
  const graceful = fromGraceful.map((result) => duplicates.get(result) ?? 0).reduce((a, b) => a + b, 0);
  const all = [...duplicates.values()].reduce((a, b) => a + b, 0);
  const poison = history.records.filter((record) => record.poison).length;
  const unexplained = violations.get('duplicates_bounded')!;
  const lines = [
    none('lost', 'no_lost_record'),
    none('unseen', 'no_unseen_record'),
    none('out of order', 'per_key_first_delivery_in_order', 'per_key_effective_order'),
    none('commits beyond unfinished', 'no_commit_beyond_unfinished'),
    none('commits gone back', 'commit_never_regresses'),
    none('overlaps of one key', 'no_overlap_in_one_pod'),
    {
      ...none('dead letters', 'dlq_only_poison', 'dlq_has_all_poison'),
      ...deadLetters(history.deadLetters.length, poison),
    },
    line('duplicates from graceful faults', String(graceful), '0', graceful === 0, []),
    line(
      'duplicates after hard faults',
      `${all - graceful}, ${unexplained.length} beyond`,
      'uncommitted ones',
      unexplained.length === 0,
      unexplained,
    ),
    uncommitted(history),
    ...recoveries(results),
    line('other problems', String(problems.length), '0', problems.length === 0, problems),
  ];
  return { lines, kinds: byKind(results, duplicates), holds: lines.every(({ holds }) => holds) };
}

function deadLetters(written: number, poison: number) {
  return { found: `${written} of ${poison} poison`, wanted: 'each of them, nothing else' };
}

/** When all is drained, everything is committed. */
function uncommitted({ records, commits }: CampaignResult['history']): VerdictLine {
  const last = new Map(commits.map(({ partition, offset }) => [partition, offset]));
  const left = records.filter(({ partition, offset }) => offset >= (last.get(partition) ?? 0));
  return line('uncommitted at the end', String(left.length), '0', left.length === 0, left.map(recordName));
}

/** One line for each limit. */
function recoveries(results: readonly StepResult[]): readonly VerdictLine[] {
  const judged = results.filter(({ step }) => kindOf(step.kind).recoversWithinMs !== undefined);
  const limits = Map.groupBy(judged, ({ step }) => kindOf(step.kind).recoversWithinMs!);
  return [...limits].map(([limitMs, found]) => {
    const names = [...new Set(found.map(({ step }) => step.kind))].join(', ');
    const slow = found.filter(({ recoveryMs }) => recoveryMs === null || recoveryMs > limitMs);
    const longest = Math.max(...found.map(({ recoveryMs }) => recoveryMs ?? Number.POSITIVE_INFINITY));
    return line(
      `recovery after ${names}`,
      seconds(longest),
      `within ${seconds(limitMs)}`,
      slow.length === 0,
      slow.map(({ step, recoveryMs }) => `${step.kind} of process ${step.slot + 1}: ${seconds(recoveryMs)}`),
    );
  });
}

function byKind(results: readonly StepResult[], duplicates: ReadonlyMap<StepResult, number>): readonly KindLine[] {
  return (Object.keys(kinds) as KindName[]).flatMap((kind) => {
    const found = results.filter(({ step }) => step.kind === kind);
    if (found.length === 0) return [];
    const times = found.flatMap(({ recoveryMs }) => recoveryMs ?? []).toSorted((a, b) => a - b);
    return {
      kind,
      count: found.length,
      medianMs: times[Math.floor((times.length - 1) / 2)] ?? null,
      maxMs: times.at(-1) ?? null,
      duplicates: found.reduce((sum, result) => sum + (duplicates.get(result) ?? 0), 0),
    };
  });
}

function duplicatesBySteps(
  results: readonly StepResult[],
  calls: readonly CallLine[],
): ReadonlyMap<StepResult, number> {
  const delivered = new Set<string>();
  const found = new Map<StepResult, number>();
  for (const call of calls) {
    if (call.kind !== 'start' || call.attempt > 1) continue;
    const name = recordName(call);
    if (delivered.has(name)) {
      const result = results.findLast(({ beganUs }) => beganUs <= call.timeUs);
      if (result !== undefined) found.set(result, (found.get(result) ?? 0) + 1);
    }
    delivered.add(name);
  }
  return found;
}

function line(promise: string, found: string, wanted: string, holds: boolean, details: readonly string[]): VerdictLine {
  const shown = details.slice(0, detailsMax);
  if (details.length > shown.length) shown.push(`and ${details.length - shown.length} more`);
  return { promise, found, wanted, holds, details: shown };
}

export function seconds(ms: number | null): string {
  return ms === null || !Number.isFinite(ms) ? 'never' : `${(ms / 1000).toFixed(1)} s`;
}
