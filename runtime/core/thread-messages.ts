/**
 * What `dispatch/` on the main thread and `worker/` in a handler thread say to each other. Record sets go as piscina
 * tasks, everything else through one MessagePort per thread, so the two may overtake each other: every message names
 * the epoch it belongs to, and one of an older epoch has no effect. Only data crosses: no class, no function.
 */
import type { MessagePort } from 'node:worker_threads';
import type { ErrorData } from './error-data.ts';
import type { LogLine, Tally } from './events.ts';
import type { TopicPartition } from './record-set.ts';
import type { GroupSettings, LogLevel } from './settings.ts';

/** What a thread needs to know once. */
export interface ThreadStart {
  readonly group: GroupSettings;
  /** Index of the thread in its group, from 0. */
  readonly thread: number;
  /** Handlers that this thread may run at once: its share of `concurrency.max`. */
  readonly maxRunning: number;
  /** Less important lines of `ctx.log` stay in the thread. */
  readonly logLevel: LogLevel;
  /** `ThreadPulse` memory. */
  readonly pulse: SharedArrayBuffer;
}

/** First task of a thread: loads the handlers. Answered by `Started`. */
export interface StartTask {
  readonly kind: 'start';
  readonly start: ThreadStart;
  readonly port: MessagePort;
}

export type Started =
  | {
      readonly kind: 'started';
      readonly handlers: readonly LoadedModule[];
      /** Some module has `onAssigned` or `onRevoked`: it wants to hear of partitions that come and go. */
      readonly followsPartitions: boolean;
    }
  | { readonly kind: 'failed'; readonly file: string; readonly message: string };

/** A module with the event types that it handles (`*` among them where it takes every type). */
export interface LoadedModule {
  readonly file: string;
  readonly types: readonly string[];
}

/** A record set on its way into the thread; `bytes` is transferred. Answered by `SetDone` when all is finished. */
export interface RecordsTask extends TopicPartition {
  readonly kind: 'records';
  readonly id: number;
  readonly epoch: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly bytes: ArrayBuffer;
  /** The batches end here, `bytes` may go on. */
  readonly byteLength: number;
  readonly progress: SharedArrayBuffer;
  /** With the first record set of an epoch that follows a thread's death. */
  readonly opening: Opening | null;
}

/** What is known about a partition that is read again after its thread died. */
export interface Opening {
  /** Offsets at or beyond the checkpoint that are finished already. */
  readonly finished: readonly number[];
  /** Records that were running when a thread died, with how often that happened. Each runs alone, before all others. */
  readonly suspects: readonly { readonly offset: number; readonly deaths: number }[];
}

/** `stale`: the epoch had ended before the set was finished; nothing of it counts any more. */
export interface SetDone {
  readonly kind: 'done' | 'stale';
  /** The same memory, transferred back for the next set; null where it was lost. */
  readonly bytes: ArrayBuffer | null;
}

export type ThreadTask = StartTask | RecordsTask;

/** Main thread → handler thread. */
export type ToThread =
  /** The record's outcome is final: its dead letter is acknowledged, or it was dropped by a rule. It is finished now. */
  | { readonly kind: 'settled'; readonly set: number; readonly offset: number }
  | { readonly kind: 'published'; readonly request: number; readonly result: PublishResult }
  /** The partition is there, with or without records; only to a thread that follows partitions. */
  | (TopicPartition & { readonly kind: 'open'; readonly epoch: number })
  /** Where does the partition begin? Only with a module of `offsets`. */
  | (TopicPartition & { readonly kind: 'position'; readonly request: number })
  /** The partition is given up; see `CloseMode`. */
  | (TopicPartition & {
      readonly kind: 'close';
      readonly epoch: number;
      readonly mode: CloseMode;
      readonly reason: AbortReason;
    })
  /** Load is over: report the tally, free what is open. */
  | { readonly kind: 'end' };

/**
 * `drain`: what was handed over is still worked on, as far as the budget allows; waiting retries go on too.
 * `abort`: running handlers get their signal aborted, nothing more starts, nothing more counts.
 */
export type CloseMode = 'drain' | 'abort';

/** Why `ctx.signal` was aborted. */
export type AbortReason = 'timeout' | 'revoked' | 'lost' | 'shutdown';

export interface PublishOptions {
  /** Answered as soon as there is room for all of them, without places; what fails later is only counted and logged. */
  readonly background?: boolean;
}

/** What became of records that were handed to the producer together; places in the order of the records. */
export type PublishResult =
  | { readonly kind: 'ok'; readonly places: readonly WrittenPlace[] }
  | {
      readonly kind: 'failed';
      /** Null where the record was not written. */
      readonly places: readonly (WrittenPlace | null)[];
      /** At least one, by the record's index, ascending. */
      readonly failures: readonly { readonly index: number; readonly error: ErrorData }[];
    };

/** Offset -1 where the broker did not tell (acks 0). */
export interface WrittenPlace extends TopicPartition {
  readonly offset: number;
}

/** Handler thread → main thread. Success needs no message: it is in shared memory. */
export type FromThread =
  | ExhaustedReport
  | ({
      readonly kind: 'publish';
      readonly request: number;
      readonly records: readonly OutboundRecord[];
    } & PublishOptions)
  | {
      readonly kind: 'retrying';
      readonly place: PlaceOfRecord;
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: ErrorData;
    }
  | { readonly kind: 'slow'; readonly place: PlaceOfRecord; readonly durationMs: number }
  | {
      readonly kind: 'corrupt';
      readonly set: number;
      readonly epoch: number;
      readonly offset: number;
      readonly message: string;
    }
  /** After `close`, from a thread that follows partitions: nothing of the epoch runs any more, `onRevoked` included. */
  | (TopicPartition & { readonly kind: 'closed'; readonly epoch: number; readonly failed: boolean })
  /** Records wait, since nobody knows which were handled (`dedupe`); null: no more. */
  | { readonly kind: 'store'; readonly problem: string | null }
  /** `offset` is null where nothing was saved; with `error` nobody knows. */
  | {
      readonly kind: 'position';
      readonly request: number;
      readonly offset: number | null;
      readonly error: ErrorData | null;
    }
  | { readonly kind: 'tally'; readonly tally: Tally }
  | { readonly kind: 'log'; readonly line: LogLine }
  /**
   * An unhandled rejection, a late throw, `process.exit` or a handler that goes on after its abort: the thread cannot be
   * trusted and is to be replaced.
   */
  | { readonly kind: 'tainted'; readonly reason: string; readonly blame: Blame };

/**
 * Which record the death of a thread is counted against: the one named, or
 *
 *   on-stack   the one that ran when the thread ended; where none did, all that had begun
 *   begun      all that had begun: nothing was on the stack when it went wrong, and what is by now came later
 *   none       it was no record's doing
 */
export type Blame = PlaceOfRecord | 'on-stack' | 'begun' | 'none';

export interface PlaceOfRecord extends TopicPartition {
  readonly offset: number;
  /** The key as text, for people; null without a key. */
  readonly key: string | null;
  readonly type: string | null;
}

/** A record whose attempts are used up, with the bytes it came with. It stays unfinished until it is `settled`. */
export interface ExhaustedReport {
  readonly kind: 'exhausted';
  readonly set: number;
  readonly epoch: number;
  readonly place: PlaceOfRecord;
  /** Handler calls made. */
  readonly attempts: number;
  readonly reason: DeadLetterReason;
  /** No dead letter: it waits for an operator, as with `retry.onExhausted: stop`. */
  readonly hold: boolean;
  readonly error: ErrorData;
  readonly record: RawRecord;
}

/** Row S-65; the values eventsource-py uses, and ours besides. */
export type DeadLetterReason =
  | 'max_retries_exceeded'
  | 'deserialization_error'
  | 'handler_error'
  | 'schema_error'
  | 'unknown_type'
  | 'worker_crash';

/** A record as bytes: what came in, or what is to be written. Headers in order, repeats kept, values may be null. */
export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RawHeader[];
}

/** Header names are UTF-8 text in Kafka; the value is any bytes. */
export type RawHeader = readonly [name: string, value: Uint8Array | null];

/** A record for the producer. Without a partition the key decides (murmur2, as the Java client). */
export interface OutboundRecord extends RawRecord {
  readonly topic: string;
  readonly partition?: number;
  /** Milliseconds since 1970; the time of sending when missing. */
  readonly timestamp?: number;
}
