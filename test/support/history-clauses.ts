/**
 * The clauses of the guarantees, each as a function from a history to what is wrong with it. Their names are those under
 * which the guarantees speak of them (G1 to G7); the sentence of each stands above it.
 */
import type { CallLine, Pause } from './history.ts';
import { type Book, type Entry, placeName, recordName } from './history-book.ts';

export type ClauseName = keyof typeof clauses;
type Clause = (book: Book) => string[];
type Start = CallLine & { readonly index: number };

export const clauses = {
  no_lost_record: noLostRecord,
  no_unseen_record: noUnseenRecord,
  no_commit_beyond_unfinished: noCommitBeyondUnfinished,
  commit_never_regresses: commitNeverRegresses,
  per_key_first_delivery_in_order: perKeyFirstDeliveryInOrder,
  per_key_effective_order: perKeyEffectiveOrder,
  no_overlap_in_one_pod: noOverlapInOnePod,
  duplicates_bounded: duplicatesBounded,
  dlq_only_poison: dlqOnlyPoison,
  dlq_has_all_poison: dlqHasAllPoison,
} as const satisfies Readonly<Record<string, Clause>>;

/** What lies below the last committed offset has an effect or a dead letter. */
function noLostRecord({ entries, history }: Book): string[] {
  const last = new Map(history.commits.map((sample) => [placeName(sample), sample.offset]));
  return [...entries.values()]
    .filter(({ record }) => record.offset < (last.get(placeName(record)) ?? 0))
    .filter((entry) => !hasEffect(entry) && entry.deadLetters === 0)
    .map(({ record }) => `${recordName(record)} is committed, but was neither handled nor dead-lettered`);
}

/** When all is over, every record of the topic was finished. */
function noUnseenRecord({ entries }: Book): string[] {
  return [...entries.values()]
    .filter((entry) => !hasEffect(entry) && entry.deadLetters === 0)
    .map(({ record }) => `${recordName(record)} was never finished`);
}

/**
 * An offset is committed only after every earlier record is finished. A record finishes before its commit is sent and a
 * sample is taken after it was committed, so the two times are in order whatever the delays. The time of a dead letter
 * is not seen; its last failed call stands for it, which is earlier.
 */
function noCommitBeyondUnfinished({ entries, history }: Book): string[] {
  const samples = Map.groupBy(history.commits, placeName);
  return [...Map.groupBy(entries.values(), ({ record }) => placeName(record))].flatMap(([place, found]) => {
    // By time, so that each record is held against the first sample that covers it.
    const byTime = (samples.get(place) ?? []).toSorted((a, b) => a.timeUs - b.timeUs);
    let covered = 0;
    const ofPlace = found.toSorted((a, b) => a.record.offset - b.record.offset);
    return byTime.flatMap((sample) => {
      const violations: string[] = [];
      for (; covered < ofPlace.length && ofPlace[covered]!.record.offset < sample.offset; covered++) {
        const entry = ofPlace[covered]!;
        if (finishedAt(entry, history.attemptsMax) <= sample.timeUs) continue;
        violations.push(`${sample.offset} was committed while ${recordName(entry.record)} was not finished`);
      }
      return violations;
    });
  });
}

function commitNeverRegresses({ history }: Book): string[] {
  return [...Map.groupBy(history.commits, placeName)].flatMap(([place, samples]) =>
    samples
      .map((sample, i) => [samples[i - 1]?.offset ?? 0, sample.offset] as const)
      .filter(([before, after]) => after < before)
      .map(([before, after]) => `${place} went back from ${before} to ${after}`),
  );
}

/** Of one key, records are seen for the first time in their order. */
function perKeyFirstDeliveryInOrder({ lanes }: Book): string[] {
  return lanes.flatMap((lane) => {
    const seen = lane.filter(({ calls }) => calls.length > 0);
    return seen
      .filter((entry, i) => i > 0 && entry.calls[0]!.at < seen[i - 1]!.calls[0]!.at)
      .map(({ record }) => `${recordName(record)} came before an earlier record of ${record.key}`);
  });
}

/**
 * Rewind, never skip: each call is for the record after the last one, for that one again, or for an earlier one. And
 * the record before it is finished when it starts, whoever finished it. What a process does that does not know yet that
 * it lost its partitions is a sequence of its own.
 */
function perKeyEffectiveOrder({ lanes, history }: Book): string[] {
  const pauses = history.pauses ?? [];
  return lanes.flatMap((lane) => {
    const starts = lane
      .flatMap(({ calls }, index) => calls.filter(({ kind }) => kind === 'start').map((call) => ({ ...call, index })))
      .toSorted((a, b) => a.at - b.at);
    const last = new Map<Pause | null, number>();
    return starts.flatMap(({ at, index, pid, timeUs }) => {
      const pause = pauses.find((one) => one.pid === pid && one.fromUs <= timeUs && timeUs <= one.untilUs) ?? null;
      const before = last.get(pause) ?? lastBefore(starts, pause);
      last.set(pause, index);
      const { record } = lane[index]!;
      if (index > before + 1) return [`${recordName(record)} skipped earlier records of ${record.key}`];
      const previous = lane[index - 1];
      if (previous === undefined) return [];
      const finished = previous.calls.some((call) => call.at < at && isFinish(previous, call, history.attemptsMax));
      if (finished) return [];
      return [`${recordName(record)} started before ${recordName(previous.record)} was finished`];
    });
  });
}

/** The place in its lane of the last record that was started before a sequence; in a pause, by the process that pauses. */
function lastBefore(starts: readonly Start[], pause: Pause | null): number {
  if (pause === null) return -1;
  const earlier = starts.findLast(({ timeUs }) => timeUs < pause.fromUs);
  return earlier?.index ?? -1;
}

/** One key has one handler at a time in one process. A thread that is gone has none. */
function noOverlapInOnePod({ lanes, harmed }: Book): string[] {
  return lanes.flatMap((lane) => {
    const calls = lane.flatMap((entry) => entry.calls).toSorted((a, b) => a.at - b.at);
    const running = new Map<number, CallLine>();
    return calls.flatMap((call) => {
      const other = running.get(call.pid);
      if (call.kind === 'end') {
        if (other?.thread === call.thread) running.delete(call.pid);
        return [];
      }
      running.set(call.pid, call);
      if (other === undefined || harmed.goneBy(other, call.timeUs)) return [];
      return [`${recordName(call)} started in process ${call.pid} while ${recordName(other)} ran there`];
    });
  });
}

/**
 * A record is delivered again only because a process that had it lost it before it was committed, or because its thread
 * died before it was finished. Without such a fault nothing is delivered twice.
 */
function duplicatesBounded(book: Book): string[] {
  return [...book.entries.values()].flatMap((entry) => {
    const deliveries = entry.calls.filter(isDelivery);
    if (deliveries.length <= 1) return [];
    const allowed = 1 + excuses(book, entry);
    if (deliveries.length <= allowed) return [];
    return [
      `${recordName(entry.record)} was delivered ${deliveries.length} times, at most ${allowed} can be explained`,
    ];
  });
}

/** How often the record may have been delivered again, by what happened to those who had it. */
function excuses({ history, harmed }: Book, { record, calls }: Entry): number {
  const deliveries = calls.filter(isDelivery);
  const lost = history.kills.filter(
    ({ pid, committed, untilUs = Number.POSITIVE_INFINITY }) =>
      deliveries.some((delivery) => delivery.pid === pid && delivery.timeUs <= untilUs) &&
      record.offset >= (committed.find((place) => placeName(place) === placeName(record))?.offset ?? 0),
  );
  return lost.length + harmed.leftBy(calls, history.attemptsMax);
}

/** What is dead-lettered is poison, and was so once, unless it was lost between the dead letter and its commit. */
function dlqOnlyPoison(book: Book): string[] {
  return [...book.entries.values()].flatMap((entry) => {
    const { record, deadLetters } = entry;
    if (deadLetters > 0 && !record.poison) return [`${recordName(record)} is no poison and was dead-lettered`];
    if (deadLetters <= 1 || deadLetters <= 1 + excuses(book, entry)) return [];
    return [`${recordName(record)} was dead-lettered ${deadLetters} times`];
  });
}

function dlqHasAllPoison({ entries }: Book): string[] {
  return [...entries.values()]
    .filter(({ record, deadLetters }) => record.poison && deadLetters === 0)
    .map(({ record }) => `${recordName(record)} is poison and was not dead-lettered`);
}

function isDelivery({ kind, attempt }: CallLine): boolean {
  return kind === 'start' && attempt === 1;
}

function hasEffect({ calls }: Entry): boolean {
  return calls.some((call) => call.kind === 'end' && call.outcome === 'done');
}

/** Monotonic microseconds; Infinity for never. */
function finishedAt(entry: Entry, attemptsMax: number): number {
  return entry.calls.find((call) => isFinish(entry, call, attemptsMax))?.timeUs ?? Number.POSITIVE_INFINITY;
}

/** Whether this is the last call that the record needs. What follows for poison, its dead letter, is no call. */
function isFinish({ record }: Entry, call: CallLine, attemptsMax: number): boolean {
  return call.kind === 'end' && (record.poison ? call.attempt >= attemptsMax : call.outcome === 'done');
}
