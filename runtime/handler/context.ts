/** What a handler may ask of the runtime during one call. */
import type { PublishOptions } from '../core/thread-messages.ts';
import type { OutboundEvent, Published } from './outbound-event.ts';

export interface Context {
  readonly group: string;
  /** 1 for the first call. */
  readonly attempt: number;
  /** Calls after the first one before the record is given up; -1 means for ever. */
  readonly maxRetries: number;
  /** The record was sent back from a dead letter topic, or `runtime replay` reads it again. */
  readonly isReplay: boolean;
  /** How often, by header `dlq_replay_count`. */
  readonly replayCount: number;
  /** When this call times out. */
  readonly deadline: Date;
  /** Aborted with the reason `timeout`, `revoked`, `lost` or `shutdown`. What the call still does no longer counts. */
  readonly signal: AbortSignal;
  /** For conditional writes: a smaller epoch of the same partition must not overwrite a larger one. */
  readonly fence: { readonly topic: string; readonly partition: number; readonly epoch: number };
  /**
   * With `dedupe.store: sql`: the transaction of this call. It commits when the handler resolves, together with the mark
   * that the record was handled, and rolls back when the handler throws or its call is aborted.
   */
  readonly tx?: Transaction | undefined;
  /** Bound to the record: topic, partition, offset, key, type, attempt. */
  readonly log: Logger;
  /**
   * Writes events to Kafka; correlation and causation continue from the handled event. The record is done only after
   * what it published is acknowledged, awaited or not.
   *
   * With `background` it resolves, and the record may be done, as soon as the events have room in the producer: without
   * places, and what fails later is counted and logged only.
   */
  publish(events: OutboundEvent | readonly OutboundEvent[], options?: PublishOptions): Promise<readonly Published[]>;
  /** Gives the record up now: it goes to the dead letter topic without another attempt. */
  deadLetter(reason: string, detail?: unknown): never;
}

export interface Transaction {
  /**
   * One statement of PostgreSQL with `$1`, `$2`, …; int8 arrives as bigint, json as a parsed value, timestamptz as Date.
   * One that fails fails the call. Rejects when the transaction is over.
   */
  query<Row>(sql: string, params?: readonly unknown[]): Promise<readonly Row[]>;
}

export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
