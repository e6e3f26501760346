/**
 * The clauses of the guarantees, each as a function from a history to what is wrong with it. Their names are those under
 * which the guarantees speak of them (G1 to G7); the sentence of each stands above it.
 */
import type { CallLine } from './history.ts';
import { type Book, type Entry, placeName, recordName } from './history-book.ts';

export type ClauseName = keyof typeof clauses;
type Clause = (book: Book) => string[];

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
  const places = Map.groupBy(entries.values(), ({ record }) => placeName(record));
  return history.commits.flatMap((sample) =>
    (places.get(placeName(sample)) ?? [])
      .filter(({ record }) => record.offset < sample.offset)
      .filter((entry) => finishedAt(entry, history.attemptsMax) > sample.timeUs)
      .map(({ record }) => `${sample.offset} was committed while ${recordName(record)} was not finished`),
  );
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
 * the record before it is finished when it starts, whoever finished it.
 */
function perKeyEffectiveOrder({ lanes, history }: Book): string[] {
  return lanes.flatMap((lane) => {
    const starts = lane
      .flatMap(({ calls }, index) => calls.filter(({ kind }) => kind === 'start').map(({ at }) => ({ at, index })))
      .toSorted((a, b) => a.at - b.at);
    return starts.flatMap(({ at, index }, i) => {
      const { record } = lane[index]!;
      const before = i === 0 ? -1 : starts[i - 1]!.index;
      if (index > before + 1) return [`${recordName(record)} skipped earlier records of ${record.key}`];
      const previous = lane[index - 1];
      if (previous === undefined) return [];
      const finished = previous.calls.some((call) => call.at < at && isFinish(previous, call, history.attemptsMax));
      if (finished) return [];
      return [`${recordName(record)} started before ${recordName(previous.record)} was finished`];
    });
  });
}

/** One key has one handler at a time in one process. */
function noOverlapInOnePod({ lanes }: Book): string[] {
  return lanes.flatMap((lane) => {
    const calls = lane.flatMap((entry) => entry.calls).toSorted((a, b) => a.at - b.at);
    const running = new Map<number, string>();
    return calls.flatMap((call) => {
      const other = running.get(call.pid);
      if (call.kind === 'end') running.delete(call.pid);
      else running.set(call.pid, recordName(call));
      if (call.kind === 'end' || other === undefined) return [];
      return [`${recordName(call)} started in process ${call.pid} while ${other} ran there`];
    });
  });
}

/**
 * A record is delivered again only because a process that had it was killed before it was committed. Without a kill
 * nothing is delivered twice.
 */
function duplicatesBounded({ entries, history }: Book): string[] {
  return [...entries.values()].flatMap(({ record, calls }) => {
    const deliveries = calls.filter(({ kind, attempt }) => kind === 'start' && attempt === 1);
    const excused = history.kills.filter(
      ({ pid, committed }) =>
        deliveries.some((delivery) => delivery.pid === pid) &&
        record.offset >= (committed.find((place) => placeName(place) === placeName(record))?.offset ?? 0),
    );
    const allowed = 1 + excused.length;
    if (deliveries.length <= allowed) return [];
    return [`${recordName(record)} was delivered ${deliveries.length} times, at most ${allowed} can be explained`];
  });
}

/** What is dead-lettered is poison, and was so once, unless a kill came between the dead letter and its commit. */
function dlqOnlyPoison({ entries, history }: Book): string[] {
  const allowed = 1 + history.kills.length;
  return [...entries.values()].flatMap(({ record, deadLetters }) => {
    if (deadLetters > 0 && !record.poison) return [`${recordName(record)} is no poison and was dead-lettered`];
    return deadLetters > allowed ? [`${recordName(record)} was dead-lettered ${deadLetters} times`] : [];
  });
}

function dlqHasAllPoison({ entries }: Book): string[] {
  return [...entries.values()]
    .filter(({ record, deadLetters }) => record.poison && deadLetters === 0)
    .map(({ record }) => `${recordName(record)} is poison and was not dead-lettered`);
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
