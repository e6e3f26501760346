/** A history in the order that its clauses ask for: by record and by key. Computes nothing but orders and lookups. */

import { HarmedThreads } from './harmed-threads.ts';
import type { CallLine, History, HistoryRecord, Place } from './history.ts';

/** A record with all that was seen of it. */
export interface Entry {
  readonly record: HistoryRecord;
  /** In the order in which they happened, `at` counting all lines of the recording. */
  readonly calls: readonly (CallLine & { readonly at: number })[];
  readonly deadLetters: number;
}

export class Book {
  readonly history: History;
  /** By place in the topic. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** Records of one key, by offset. Keys are apart by topic and partition. */
  readonly lanes: readonly (readonly Entry[])[];
  readonly harmed: HarmedThreads;

  constructor(history: History) {
    this.history = history;
    this.harmed = new HarmedThreads(history.calls, history.threads ?? []);
    const calls = Map.groupBy(
      history.calls.map((call, at) => ({ ...call, at })),
      recordName,
    );
    const dead = Map.groupBy(history.deadLetters, letterName);
    this.entries = new Map(
      history.records.map((record) => [
        recordName(record),
        {
          record,
          calls: calls.get(recordName(record)) ?? [],
          deadLetters: dead.get(letterName(record))?.length ?? 0,
        },
      ]),
    );
    const byKey = Map.groupBy(this.entries.values(), ({ record }) => `${placeName(record)}/${record.key}`);
    this.lanes = [...byKey.values()].map((lane) => lane.toSorted((a, b) => a.record.offset - b.record.offset));
  }
}

export function placeName({ topic, partition }: Place): string {
  return `${topic}/${partition}`;
}

/** `topic/partition/offset`, which is how people name a record too. */
export function recordName(record: Place & { readonly offset: number }): string {
  return `${placeName(record)}/${record.offset}`;
}

function letterName({ key, sequence }: { readonly key: string; readonly sequence: number }): string {
  return `${sequence} of ${key}`;
}
