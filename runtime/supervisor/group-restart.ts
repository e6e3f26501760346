/**
 * Keeps one group running: a run that ends with an error which may pass is started again, any other error ends the
 * group for good. Row X-03: a dead group is never silent.
 *
 *   run ──error, retryable──▶ wait 1 s, 2 s, 4 s … 60 s ──▶ run
 *    │└──error, not retryable──▶ failed
 *    └──signal──▶ drain ──▶ stopped
 */
import { backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { isRuntimeFault } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import type { GroupEnd } from './run-end.ts';

/** The delays of row S-54. */
export const restartBackoff = { baseDelayMs: 1_000, maxDelayMs: 60_000, jitter: 0.1 } as const;

export interface GroupRun {
  readonly group: string;
  /** One run, until the signal is aborted and the drain is over. @returns false when something was cut short */
  run(signal: AbortSignal): Promise<boolean>;
}

export interface RestartDeps {
  readonly emit: Emit;
  readonly clock: Clock;
  readonly random: Random;
}

/** Never rejects. */
export async function keepRunning(
  { group, run }: GroupRun,
  { emit, clock, random }: RestartDeps,
  signal: AbortSignal,
): Promise<GroupEnd> {
  let failures = 0;
  while (!signal.aborted) {
    emit('group.state', { group, state: 'starting', reason: '' });
    const startedAt = clock.now();
    try {
      return stopped(await run(signal));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (signal.aborted) {
        emit('group.failed', { group, message: `while it drained: ${message}`, delayMs: null });
        return stopped(false);
      }
      if (!isRuntimeFault(error) || !error.retryable) {
        emit('group.failed', { group, message: explain(error, message), delayMs: null });
        emit('group.state', { group, state: 'failed', reason: message });
        return { kind: 'failed', error };
      }
      // A group that ran well for long does not pay for failures of yesterday.
      if (clock.now() - startedAt > restartBackoff.maxDelayMs) failures = 0;
      const delayMs = backoffMs(restartBackoff, failures++, random);
      emit('group.failed', { group, message, delayMs });
      emit('group.state', { group, state: 'restarting', reason: message });
      await sleep(clock, delayMs, signal);
    }
  }
  return stopped(true);

  function stopped(drained: boolean): GroupEnd {
    emit('group.state', { group, state: 'stopped', reason: drained ? '' : 'not everything in flight was finished' });
    return { kind: 'stopped', drained };
  }
}

/** An error that is none of ours is a mistake in the runtime, and then the stack is what helps. */
function explain(error: unknown, message: string): string {
  const unexpected = !isRuntimeFault(error) || error.name === 'InternalError';
  return unexpected && error instanceof Error ? (error.stack ?? message) : message;
}
