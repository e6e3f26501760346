/**
 * Rules between two keys, which a schema cannot say. Each one is a comparison of two amounts; what it protects from
 * stands beside it.
 */

import { parseDuration, parseSize } from '../core/units.ts';
import type { GroupValue, ProcessValue } from './schema/schema.ts';

export interface Rule {
  /** Key of the group. */
  readonly key: readonly string[];
  readonly relation: 'below' | 'at most' | 'more than twice';
  /** Key of the group, or of the process when it starts with `kafka`. */
  readonly other: readonly string[];
}

export const groupRules: readonly Rule[] = [
  // A member that is heard of less often than once per session loses its partitions in good health.
  { key: ['timeouts', 'heartbeat'], relation: 'below', other: ['timeouts', 'session'] },
  // In a rebalance the drain may take `rebalance` minus two heartbeats: something must be left.
  { key: ['timeouts', 'rebalance'], relation: 'more than twice', other: ['timeouts', 'heartbeat'] },
  { key: ['retry', 'baseDelay'], relation: 'at most', other: ['retry', 'maxDelay'] },
  // The broker would wait until it times out on every fetch.
  { key: ['batch', 'minBytes'], relation: 'at most', other: ['batch', 'maxBytes'] },
  // An idle fetch would look like a broker that does not answer.
  { key: ['batch', 'maxWait'], relation: 'below', other: ['kafka', 'requestTimeout'] },
  // A full fetch would close its connection, for ever; the rest of a response needs room as well.
  { key: ['batch', 'maxBytes'], relation: 'below', other: ['kafka', 'maxResponseBytes'] },
  // A thread that may never run a handler.
  { key: ['concurrency', 'workers'], relation: 'at most', other: ['concurrency', 'max'] },
];

/** @param process null when the files do not agree on it: its rules cannot be judged then */
export function breaks(rule: Rule, group: GroupValue, process: ProcessValue | null): boolean {
  const left = amountAt(group, rule.key);
  const right = amountAt(rule.other[0] === 'kafka' ? process : group, rule.other);
  // `workers: auto` is no amount, and fits by itself.
  if (left === null || right === null) return false;
  switch (rule.relation) {
    case 'below':
      return left >= right;
    case 'at most':
      return left > right;
    case 'more than twice':
      return left <= 2 * right;
    default:
      return rule.relation satisfies never;
  }
}

function amountAt(value: unknown, path: readonly string[]): number | null {
  let here = value;
  for (const step of path)
    here = typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[step] : null;
  if (typeof here === 'number') return here;
  return typeof here === 'string' ? (parseDuration(here) ?? parseSize(here)) : null;
}
