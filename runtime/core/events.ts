/**
 * What stages tell the outside. They emit; `telemetry/` turns events into log lines and metrics. One table: name,
 * payload, meaning.
 */
import type { ErrorData } from './error-data.ts';
import type { TopicPartition } from './record-set.ts';

export interface RuntimeEvents {
  /** A connection to a broker was made again after it was lost. */
  'kafka.reconnected': { readonly node: string };
  /** A connection attempt or a request failed for reasons of the connection. */
  'kafka.connectionFailed': { readonly node: string; readonly message: string };
  /** The group's state changed; `joined` also without partitions. `assigned`: how many there are then. */
  'group.state': {
    readonly group: string;
    readonly state: GroupState;
    readonly reason: string;
    readonly assigned?: number;
  };
  /** An error ended the group's run; it is started again after `delayMs`, or never (null). */
  'group.failed': { readonly group: string; readonly message: string; readonly delayMs: number | null };
  /** A loop asked for something (again) and has no answer yet; `of` is the partition that the wait ends with. */
  'loop.waiting': {
    readonly group: string;
    readonly loop: string;
    readonly of: TopicPartition | null;
    readonly what: string;
    readonly legalMs: number;
  };
  /** The loop goes on, or asks for nothing any more. */
  'loop.answered': { readonly group: string; readonly loop: string };
  /** Something in the group is stuck; the process ends in `endsInMs` unless it moves again. */
  'group.stalled': {
    readonly group: string;
    readonly cause: string;
    readonly waitedMs: number;
    readonly endsInMs: number;
  };
  /** Records of a thread wait for what knows which were handled (`dedupe`); null: they go on. */
  'store.state': { readonly group: string; readonly thread: number; readonly problem: string | null };
  /** The module of `offsets` did not say where the partition begins; it is asked again. */
  'position.failed': TopicPartition & { readonly group: string; readonly message: string };
  'partition.opened': TopicPartition & { readonly group: string; readonly epoch: number; readonly offset: number };
  /** Not fetched any more; what is in flight is finished and committed before it is given up. */
  'partition.draining': TopicPartition & { readonly group: string; readonly epoch: number };
  /** Given up: after a drain (revoked) or without one (lost). */
  'partition.closed': TopicPartition & { readonly group: string; readonly epoch: number; readonly lost: boolean };
  /** The position was outside what the partition holds; records `from` up to `to` may be missing. */
  'partition.outOfRange': TopicPartition & { readonly group: string; readonly from: number; readonly to: number };
  /** The topic was deleted and made anew: records of the new one are read from `to`, `from` was a position in the old one. */
  'partition.replaced': TopicPartition & { readonly group: string; readonly from: number; readonly to: number };
  /** The partition is not read any more until an operator acts. */
  'partition.stopped': TopicPartition & { readonly group: string; readonly offset: number; readonly reason: string };
  'records.fetched': TopicPartition & { readonly group: string; readonly records: number; readonly bytes: number };
  'offsets.committed': {
    readonly group: string;
    readonly offsets: readonly (TopicPartition & { readonly offset: number })[];
  };
  /** Records up to the end of an owned partition that are not committed yet; measured by its owner. */
  'partition.lag': TopicPartition & { readonly group: string; readonly lag: number };
  'commit.failed': { readonly group: string; readonly message: string; readonly retryable: boolean };
  /** An attempt failed; the record is tried again after `delayMs`. */
  'record.retried': RecordPlace & { readonly attempt: number; readonly delayMs: number; readonly error: ErrorData };
  'record.exhausted': RecordPlace & { readonly attempts: number; readonly reason: string; readonly error: ErrorData };
  'record.deadLettered': RecordPlace & {
    readonly deadLetterTopic: string;
    readonly reason: string;
    readonly errorType: string;
  };
  /** The dead letter could not be written; its key waits and the write is tried again. */
  'deadLetter.failed': RecordPlace & {
    readonly deadLetterTopic: string;
    readonly message: string;
    readonly delayMs: number;
  };
  /** Retries are used up and the manifest says to hold the key until an operator acts. */
  'record.held': RecordPlace & { readonly reason: string };
  'record.dropped': RecordPlace & { readonly reason: string };
  'handler.slow': RecordPlace & { readonly durationMs: number };
  /** Counters of one thread since its last report. */
  'handler.tally': { readonly group: string; readonly thread: number; readonly tally: Tally };
  'handler.log': { readonly group: string; readonly thread: number; readonly line: LogLine };
  'thread.died': { readonly group: string; readonly thread: number; readonly reason: string };
  'thread.replaced': { readonly group: string; readonly thread: number };
  'records.published': { readonly topic: string; readonly records: number; readonly durationMs: number };
  'publish.failed': { readonly topic: string; readonly records: number; readonly message: string };
  'gateway.listening': { readonly url: string; readonly routes: number };
  /** An answer has left. `route` is as in the manifest, `none` for requests that belong to none. */
  'gateway.answered': { readonly route: string; readonly status: number; readonly durationMs: number };
}

export type GroupState = 'starting' | 'joining' | 'joined' | 'draining' | 'restarting' | 'stopped' | 'failed';

export interface RecordPlace extends TopicPartition {
  readonly group: string;
  readonly offset: number;
  readonly key: string | null;
  readonly type: string | null;
}

/** Aggregated in the thread, so that metrics cost nothing per record. */
export interface Tally {
  readonly handled: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly type: string;
    readonly count: number;
  }[];
  readonly calls: readonly {
    readonly handler: string;
    readonly type: string;
    readonly count: number;
    readonly errors: number;
    readonly sumMs: number;
    /** Calls per bucket of `durationBucketsMs`, the last one for everything above; not cumulative. */
    readonly buckets: readonly number[];
  }[];
  readonly skipped: number;
  /** Calls left out, since the record had been handled before (`dedupe`); missing for none. */
  readonly duplicates?: number;
}

/** Upper bounds of the handler duration buckets, milliseconds. */
export const durationBucketsMs = [0.1, 0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 30000] as const;

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export type Emit = <K extends keyof RuntimeEvents>(name: K, event: RuntimeEvents[K]) => void;
export type Listener = <K extends keyof RuntimeEvents>(name: K, event: RuntimeEvents[K]) => void;

/** Calls every listener in the order in which they were added, at once. */
export class EventHub {
  readonly #listeners = new Set<Listener>();

  readonly emit: Emit = (name, event) => {
    for (const listener of this.#listeners) listener(name, event);
  };

  /** @returns a function that takes the listener off again */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
