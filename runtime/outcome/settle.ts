/**
 * What becomes of a record whose retries are used up. It stays unfinished, and its lane waits, until this is decided:
 *
 *   onExhausted: stop, or the report says so ─────────▶ held: nothing happens until an operator acts
 *   dlq off ── onDisabled: block ─────────────────────▶ held
 *           └─ onDisabled: drop ──────────────────────▶ settled, counted as dropped
 *   dlq on ─── write the dead letter ── acknowledged ─▶ settled
 *                ▲         │ failed
 *                └─ wait ──┘  1 s, 2 s, … 60 s, for ever: a record is never dropped because Kafka refuses it
 *
 * A letter that is too large for the topic goes in a shorter form (rows X-19, R8): a partition must not be stuck for a
 * record that can never be written. Not responsible for attempts: the worker counts.
 */
import { type Backoff, backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import type { Emit, RecordPlace } from '../core/events.ts';
import { LoopWait } from '../core/loop-wait.ts';
import type { Random } from '../core/random.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { Outcome } from '../core/stages.ts';
import type { ExhaustedReport, OutboundRecord } from '../core/thread-messages.ts';
import { deadLetter, shortened } from './dead-letter.ts';

export interface OutcomeOptions {
  readonly group: Pick<GroupSettings, 'name' | 'topics' | 'retry' | 'dlq'>;
  /** Writes one record; resolves when all in-sync replicas have it (acks all, whatever `producer.acks` says). */
  readonly write: (record: OutboundRecord) => Promise<unknown>;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
}

const retryBackoff: Backoff = { baseDelayMs: 1_000, maxDelayMs: 60_000, jitter: 0.1 };
/** Kafka's MESSAGE_TOO_LARGE and RECORD_LIST_TOO_LARGE. */
const tooLargeCodes: ReadonlySet<unknown> = new Set([10, 18]);

export function createOutcome(options: OutcomeOptions): Outcome {
  const stopping = new AbortController();
  return {
    settle: (report, ended) => settle(options, report, [stopping.signal, ended]),
    stop: () => stopping.abort(),
  };
}

async function settle(
  options: OutcomeOptions,
  report: ExhaustedReport,
  ends: readonly AbortSignal[],
): Promise<'settled' | 'held'> {
  const { group, emit } = options;
  const { reason, attempts, error } = report;
  const place = { ...report.place, group: group.name };
  emit('record.exhausted', { ...place, attempts, reason, error });
  if (report.hold || group.retry.onExhausted === 'stop') {
    emit('record.held', { ...place, reason });
    return 'held';
  }
  const topic = group.topics.find((one) => one.name === place.topic)?.dlqTopic ?? null;
  if (group.dlq.enabled && topic !== null) {
    const letter = deadLetter(report, topic, group.name, options.clock.wallTime());
    await writeUntilAcknowledged(options, letter, place, ends);
    emit('record.deadLettered', { ...place, deadLetterTopic: topic, reason, errorType: error.name });
    return 'settled';
  }
  if (group.dlq.onDisabled === 'drop') {
    emit('record.dropped', { ...place, reason });
    return 'settled';
  }
  emit('record.held', { ...place, reason });
  return 'held';
}

/** Never resolves once one of `ends` is aborted, so that a record does not count as finished by a race. */
async function writeUntilAcknowledged(
  { write, clock, random, emit }: OutcomeOptions,
  full: OutboundRecord,
  place: RecordPlace,
  ends: readonly AbortSignal[],
): Promise<void> {
  const { group, topic, partition, offset } = place;
  const loop = `dead letter of ${topic}/${partition} offset ${offset}`;
  const wait = new LoopWait(emit, { group, loop, of: { topic, partition } });
  const over = new AbortController();
  // At once: a record that is read again may wait under the same name, and it is not ours to say when that is over.
  const end = (): void => {
    wait.over();
    over.abort();
  };
  // With `over` the listeners go: what they listen to may live long, and they hold the letter.
  for (const signal of ends) signal.addEventListener('abort', end, { signal: over.signal });
  if (ends.some((signal) => signal.aborted)) over.abort();
  let letter = full;
  for (let failures = 0; !over.signal.aborted; ) {
    wait.began(`${letter.topic} cannot be written`);
    try {
      await write(letter);
      if (over.signal.aborted) break;
      end();
      return;
    } catch (error) {
      if (over.signal.aborted) break;
      wait.failed(error);
      const smaller = isTooLarge(error) ? shortened(letter) : null;
      const delayMs = smaller === null ? backoffMs(retryBackoff, failures++, random) : 0;
      const { message } = toErrorData(error);
      emit('deadLetter.failed', { ...place, deadLetterTopic: letter.topic, message, delayMs });
      letter = smaller ?? letter;
      await sleep(clock, delayMs, over.signal);
    }
  }
  await new Promise<never>(() => {});
}

function isTooLarge(error: unknown): boolean {
  const kafkaError = (error as { readonly kafkaError?: { readonly code?: unknown } | null } | null)?.kafkaError;
  return tooLargeCodes.has(kafkaError?.code);
}
