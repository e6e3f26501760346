/**
 * Holds what happened in a run against the promises of the runtime. A history is made of what can be seen from outside:
 * the records in the topic, the calls that handlers wrote down, committed offsets as a client reads them, dead letters,
 * and the faults that the test made. It does not know what the runtime thinks it did.
 *
 *   records  ┐
 *   calls    │
 *   commits  ├──▶ checkHistory ──▶ violations, each with the clause of the guarantees that it breaks
 *   dead     │
 *   faults   ┘
 *
 * What each clause says: `history-clauses.ts`.
 */
import { Book } from './history-book.ts';
import { type ClauseName, clauses } from './history-clauses.ts';

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** A record as it lies in the topic. */
export interface HistoryRecord extends Place {
  readonly offset: number;
  readonly key: string;
  /** Counts the records of a key. */
  readonly sequence: number;
  /** Every call of a handler fails. */
  readonly poison: boolean;
}

/** One line of a recording; lines stand in the order in which things happened. */
export type CallLine = CallPlace &
  ({ readonly kind: 'start' } | { readonly kind: 'end'; readonly outcome: 'done' | 'failed' });

interface CallPlace extends Place {
  readonly offset: number;
  readonly key: string | null;
  readonly sequence: number;
  /** 1 for the first call of a delivery. */
  readonly attempt: number;
  readonly pid: number;
  readonly thread: number;
  /** Monotonic, the same clock for all processes. */
  readonly timeUs: number;
}

/** The committed offset of a partition as a client got it; it was committed before `timeUs`. */
export interface CommitSample extends Place {
  /** Next offset to read. */
  readonly offset: number;
  readonly timeUs: number;
}

/** A dead letter, named by the record it came from. */
export interface HistoryDeadLetter {
  readonly key: string;
  readonly sequence: number;
}

/** What a handler, or its thread, wrote down before it did harm to its thread. */
export interface ThreadLine {
  /** `harm`: from here on the thread cannot be trusted and is to be replaced. `alive`: it still runs all the same. */
  readonly kind: 'harm' | 'alive';
  readonly pid: number;
  readonly thread: number;
  readonly timeUs: number;
}

/**
 * A process lost what it had done and not committed: it was killed, or its session ended without it. Others may do that
 * again, and so may it itself.
 */
export interface Kill {
  readonly pid: number;
  /** What was committed when it was gone, or before; a partition without a commit counts as 0. */
  readonly committed: readonly (Place & { readonly offset: number })[];
  /** When the fault was over, for a process that went on: what it got later it did not lose. Never, when missing. */
  readonly untilUs?: number;
}

/**
 * A process stood still until its session was over, and went on without knowing that others have its partitions. What
 * it does then may happen at the same time as theirs; it cannot be committed.
 */
export interface Pause {
  readonly pid: number;
  readonly fromUs: number;
  /** When it had heard that it was no member any more. */
  readonly untilUs: number;
}

export interface History {
  readonly records: readonly HistoryRecord[];
  readonly calls: readonly CallLine[];
  /** By time; the last one of each partition was read when all was over. */
  readonly commits: readonly CommitSample[];
  readonly deadLetters: readonly HistoryDeadLetter[];
  readonly kills: readonly Kill[];
  /** None when missing. A process that paused has lost its partitions, so it stands among `kills` too. */
  readonly pauses?: readonly Pause[];
  /** None when missing. */
  readonly threads?: readonly ThreadLine[];
  /** `retry.maxRetries` + 1: poison is finished when this many calls of one delivery have failed. */
  readonly attemptsMax: number;
}

export interface Violation {
  readonly clause: ClauseName;
  readonly detail: string;
}

/** Of one clause; a broken runtime breaks a promise for many records at once. */
const detailsMax = 5;

/** @returns empty when every promise was kept */
export function checkHistory(history: History): readonly Violation[] {
  return [...allViolations(history)].flatMap(([clause, details]) => {
    const shown = details.slice(0, detailsMax);
    if (details.length > shown.length) shown.push(`and ${details.length - shown.length} more`);
    return shown.map((detail) => ({ clause, detail }));
  });
}

/** @returns every clause, with all that is wrong with it */
export function allViolations(history: History): ReadonlyMap<ClauseName, readonly string[]> {
  const book = new Book(history);
  return new Map(Object.entries(clauses).map(([name, check]) => [name as ClauseName, check(book)]));
}

/** @param text of a recording; a line that a killed process left unfinished cannot be, since lines are written whole */
export function parseLines(text: string): readonly (CallLine | ThreadLine)[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as CallLine | ThreadLine);
}

export function isCall(line: CallLine | ThreadLine): line is CallLine {
  return line.kind === 'start' || line.kind === 'end';
}

export function parseCalls(text: string): readonly CallLine[] {
  return parseLines(text).filter(isCall);
}

/** How many records were finished more than once, for reports. */
export function countDuplicates(calls: readonly CallLine[]): number {
  const done = calls.filter((call) => call.kind === 'end' && call.outcome === 'done');
  const places = Map.groupBy(done, ({ topic, partition, offset }) => `${topic}/${partition}/${offset}`);
  return [...places.values()].filter((calls) => calls.length > 1).length;
}
