/**
 * The event that a handler sees: a place in a decoded batch. Everything is read when it is asked for, so that a
 * handler which looks at nothing costs nothing. It can be read until its record is finished: then the bytes go back.
 */
import { HandlerError } from '../core/errors.ts';
import type { PlaceOfRecord } from '../core/thread-messages.ts';
import { envelopeHeaders } from '../handler/envelope.ts';
import type { Event, RawEvent } from '../handler/event.ts';
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import { SchemaError, type Shape } from './event-shapes.ts';
import { DecodeError, decodeJson, decodeText } from './json-body.ts';
import type { SetRun } from './set-run.ts';

const name = Object.fromEntries(
  Object.entries(envelopeHeaders).map(([field, header]) => [field, Buffer.from(header)]),
) as { readonly [K in keyof typeof envelopeHeaders]: Buffer };

const shownKeyMax = 256; // characters, in log lines and reports

const notRead = Symbol('not read');

/** For the runner, and not part of what a handler sees: what a read failed of, any header, the place in Kafka, the bytes. */
let readFailureOf: (event: RecordEvent) => DecodeError | SchemaError | null;
let headerOf: (event: RecordEvent, header: keyof typeof envelopeHeaders) => string | undefined;
let placeOf: (event: RecordEvent) => PlaceOfRecord;
let readRecord: <T>(event: RecordEvent, read: (batch: RecordBatch, index: number) => T) => T;

export class RecordEvent implements Event {
  readonly type: string;
  readonly #set: SetRun;
  readonly #batch: RecordBatch;
  readonly #index: number;
  #data: unknown = notRead;
  readonly #shape: Shape | null;
  #readFailure: DecodeError | SchemaError | null = null;

  static {
    readFailureOf = (event) => event.#readFailure;
    headerOf = (event, header) => event.#text(name[header]);
    readRecord = (event, read) => read(event.#live(), event.#index);
    placeOf = (event) => ({
      topic: event.topic,
      partition: event.partition,
      offset: event.#batch.offsetAt(event.#index),
      // A handler may log after its record is finished.
      key: event.#set.emptied ? null : (event.#batch.keyAt(event.#index)?.toString().slice(0, shownKeyMax) ?? null),
      type: event.type === '' ? null : event.type,
    });
  }

  /** @param shape what `data` goes through when it is read */
  constructor(set: SetRun, batch: RecordBatch, index: number, type: string, shape: Shape | null) {
    this.#shape = shape;
    this.type = type;
    this.#set = set;
    this.#batch = batch;
    this.#index = index;
  }

  get topic(): string {
    return this.#set.topic;
  }

  get partition(): number {
    return this.#set.partition;
  }

  get offset(): bigint {
    return BigInt(this.#batch.offsetAt(this.#index));
  }

  get timestamp(): Date {
    return new Date(this.#live().timestampAt(this.#index));
  }

  get key(): string | null {
    const key = this.#live().keyAt(this.#index);
    if (key === null) return null;
    const text = this.#read(() => decodeText(key, 'the key'));
    return this.#shape?.key?.(text) ?? text;
  }

  get data(): unknown {
    if (this.#data === notRead) {
      const value = this.#live().valueAt(this.#index);
      this.#data = value === null ? null : this.#read(() => this.#shaped(decodeJson(value)));
    }
    return this.#data;
  }

  get tombstone(): boolean {
    return this.#live().valueAt(this.#index) === null;
  }

  get id(): string | undefined {
    return this.#text(name.id);
  }

  get aggregateId(): string | undefined {
    return this.#text(name.aggregateId);
  }

  get aggregateType(): string | undefined {
    return this.#text(name.aggregateType);
  }

  get aggregateVersion(): number | undefined {
    const version = Number(this.#text(name.aggregateVersion) ?? Number.NaN);
    return Number.isSafeInteger(version) ? version : undefined;
  }

  get occurredAt(): Date | undefined {
    const time = new Date(this.#text(name.occurredAt) ?? Number.NaN);
    return Number.isNaN(time.getTime()) ? undefined : time;
  }

  get correlationId(): string | undefined {
    return this.#text(name.correlationId);
  }

  get causationId(): string | undefined {
    return this.#text(name.causationId);
  }

  get tenantId(): string | undefined {
    return this.#text(name.tenantId);
  }

  get actorId(): string | undefined {
    return this.#text(name.actorId);
  }

  get headers(): ReadonlyMap<string, readonly Uint8Array[]> {
    const headers = new Map<string, Uint8Array[]>();
    for (const [header, value] of this.raw().headers) {
      const values = headers.get(header);
      if (values === undefined) headers.set(header, [value ?? new Uint8Array(0)]);
      else values.push(value ?? new Uint8Array(0));
    }
    return headers;
  }

  raw(): RawEvent {
    return copyRecord(this.#live(), this.#index);
  }

  #text(header: Buffer): string | undefined {
    return this.#live().headerAt(this.#index, header)?.toString();
  }

  #shaped(data: unknown): unknown {
    return this.#shape === null ? data : this.#shape(data);
  }

  /** Notes the failure: the runner must know it even when the handler wraps it into an error of its own. */
  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof DecodeError || error instanceof SchemaError) this.#readFailure ??= error;
      throw error;
    }
  }

  #live(): RecordBatch {
    if (this.#set.emptied) {
      throw new HandlerError(
        'RT_HANDLER_FAILED',
        'an event was read after its handler had resolved, when its bytes are gone; copy what you keep',
        { retryable: false },
      );
    }
    return this.#batch;
  }
}

export { headerOf, placeOf, readFailureOf, readRecord };

/** A record with bytes of its own, as it came: for handlers that may change them, and for dead letters. */
export function copyRecord(batch: RecordBatch, index: number): RawEvent {
  return {
    key: copy(batch.keyAt(index)),
    value: copy(batch.valueAt(index)),
    headers: batch.headersAt(index).map(([header, value]) => [header, copy(value)] as const),
  };
}

function copy(view: Uint8Array | null): Uint8Array | null {
  return view === null ? null : new Uint8Array(view);
}
