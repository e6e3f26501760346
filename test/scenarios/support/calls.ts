/** The calls of `test/fixtures/handlers/scripted.ts`, as their threads told them. */
import { join } from 'node:path';
import type { TestRuntime } from '../../../runtime/testing/index.ts';

/** Path of the handler module. */
export const scripted = join(import.meta.dirname, '..', '..', 'fixtures', 'handlers', 'scripted.ts');

/** One line: a call began, its signal was aborted, or how it ended. */
export interface Told {
  readonly what: 'began' | 'signalled' | 'succeeded' | 'failed' | 'aborted';
  /** Why the signal was aborted; null while it is not. */
  readonly reason: string | null;
  readonly key: string | null;
  readonly partition: number;
  readonly offset: number;
  readonly attempt: number;
  readonly thread: number;
  /** Of a clock that is the same in all threads. */
  readonly atMs: number;
}

/** @returns in the order in which it happened, over all threads */
export function told(...runtimes: readonly TestRuntime[]): readonly Told[] {
  return runtimes
    .flatMap((rt) => rt.events('handler.log'))
    .map(({ line }) => ({ what: line.message, ...line.fields }) as unknown as Told)
    .toSorted((a, b) => a.atMs - b.atMs);
}

/** `key attempt` of every call that ended as `what`. */
export function ended(what: Told['what'], ...runtimes: readonly TestRuntime[]): readonly string[] {
  return told(...runtimes)
    .filter((line) => line.what === what)
    .map(({ key, attempt }) => `${key} ${attempt}`);
}

/** @returns how many of these calls were running at once at most */
export function mostAtOnce(lines: readonly Told[]): number {
  let running = 0;
  let most = 0;
  for (const { what } of lines) {
    if (what === 'signalled') continue;
    running += what === 'began' ? 1 : -1;
    most = Math.max(most, running);
  }
  return most;
}
