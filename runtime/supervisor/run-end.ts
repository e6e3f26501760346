/** How a group ended, and what that means for the process: the exit codes that `manifest.md` promises. */
import { isRuntimeFault } from '../core/errors.ts';

/** Null while all is well; `drained` is false when something in flight was not finished. */
export type GroupEnd =
  | { readonly kind: 'stopped'; readonly drained: boolean }
  | { readonly kind: 'failed'; readonly error: unknown };

export type ExitCode = 0 | 1 | 2 | 3 | 4;

export interface RuntimeEnd {
  readonly exitCode: ExitCode;
  /** What ended it, when it was not asked to end. */
  readonly error: unknown;
}

/** Kafka's error codes about who we are, not about one group or topic: 33 and 34 SASL mechanism, 58 SASL credentials. */
const credentialCodes = new Set([33, 34, 58]);

/**
 * 1: the user has to change something; 2: Kafka takes no client like us; 3: anything else.
 * @param error why a group, or the start itself, failed for good
 */
export function failureExitCode(error: unknown): 1 | 2 | 3 {
  if (!isRuntimeFault(error)) return 3;
  switch (error.name) {
    case 'HandlerError':
    case 'ManifestError':
    case 'StoreError':
    case 'UsageError':
      return 1;
    case 'KafkaError':
      return refusesUs(error) ? 2 : 3;
    default:
      return 3;
  }
}

function refusesUs(error: { readonly code: string; readonly kafkaError?: { readonly code: number } | null }): boolean {
  if (error.code === 'RT_KAFKA_UNSUPPORTED') return true;
  if (error.code !== 'RT_KAFKA_REFUSED') return false;
  // Without a code of Kafka's it is the connection that was refused.
  return error.kafkaError == null || credentialCodes.has(error.kafkaError.code);
}

/** A failed group counts for more than an unfinished drain: it was wrong before anybody asked it to stop. */
export function endOf(groups: readonly GroupEnd[]): RuntimeEnd {
  const failures = groups.filter((end) => end.kind === 'failed');
  const worst = failures.toSorted((a, b) => failureExitCode(a.error) - failureExitCode(b.error))[0];
  if (worst !== undefined) return { exitCode: failureExitCode(worst.error), error: worst.error };
  const drained = groups.every((end) => end.kind === 'stopped' && end.drained);
  return { exitCode: drained ? 0 : 4, error: null };
}
