/**
 * The threads that a handler did harm to: what they left unfinished, and when they were surely gone.
 *
 *   thread   ──start a──end a──start b──harm · · · · (alive · · ·) gone
 *                        └─────┴── left: b, and a if it had ended a moment before, or waited to be tried again
 *
 * That a thread is gone cannot be seen from outside; that it is not can: it writes a line.
 */
import type { CallLine, ThreadLine } from './history.ts';

interface Harmed {
  readonly harmUs: number;
  /** Time of the last line that it wrote. */
  lastUs: number;
}

/** A thread tells what it has finished when it gives way, at the latest after some milliseconds of work. */
const toldWithinUs = 50_000;
/** Until a dead letter is acknowledged and the thread has heard of it. */
const settledWithinUs = 2_000_000;

export class HarmedThreads {
  readonly #threads = new Map<string, Harmed>();

  constructor(calls: readonly CallLine[], lines: readonly ThreadLine[]) {
    for (const line of lines) {
      if (line.kind !== 'harm' || this.#threads.has(threadName(line))) continue;
      this.#threads.set(threadName(line), { harmUs: line.timeUs, lastUs: line.timeUs });
    }
    for (const line of [...calls, ...lines]) {
      const thread = this.#threads.get(threadName(line));
      if (thread !== undefined && line.timeUs > thread.lastUs) thread.lastUs = line.timeUs;
    }
  }

  /** Whether the thread of that call was harmed, and did nothing any more from then on. */
  goneBy(call: CallLine, timeUs: number): boolean {
    const thread = this.#threads.get(threadName(call));
    return thread !== undefined && thread.lastUs <= timeUs;
  }

  /** How many of these threads had a record without having finished it. @param calls all of the record, in order */
  leftBy(calls: readonly CallLine[], attemptsMax: number): number {
    const byThread = Map.groupBy(calls, threadName);
    return [...byThread].filter(([name, own]) => {
      const thread = this.#threads.get(name);
      return thread !== undefined && isLeft(own.at(-1)!, thread, attemptsMax);
    }).length;
  }
}

function isLeft(last: CallLine, { harmUs }: Harmed, attemptsMax: number): boolean {
  if (last.kind === 'start') return true;
  if (last.outcome === 'done') return last.timeUs >= harmUs - toldWithinUs;
  return last.attempt < attemptsMax || last.timeUs >= harmUs - settledWithinUs;
}

function threadName({ pid, thread }: { readonly pid: number; readonly thread: number }): string {
  return `${pid}/${thread}`;
}
