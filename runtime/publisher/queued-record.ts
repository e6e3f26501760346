/** One record on its way: what it takes in a batch, for how long it is tried, and the call that is told. */
import type { OutboundRecord } from '../core/thread-messages.ts';
import type { RecordToWrite } from '../protocol/records/batch-writer.ts';
import type { BufferRoom, Entrant } from './buffer-room.ts';
import type { Call } from './call.ts';

/** Lengths, timestamp and offset deltas, attributes. */
const recordOverhead = 24;
const headerOverhead = 8;

/** Bytes that a record takes in a batch before compression, roughly. */
export function sizeOf({ key, value, headers }: Pick<OutboundRecord, 'key' | 'value' | 'headers'>): number {
  let size = recordOverhead + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, bytes] of headers) size += headerOverhead + name.length + (bytes?.length ?? 0);
  return size;
}

/** What a partition's queue knows of a record. */
export interface Pending {
  readonly record: RecordToWrite;
  readonly size: number;
  /** Clock times. */
  readonly addedAt: number;
  readonly deadline: number;
  readonly deadLetter: boolean;
  written(partition: number, offset: number): void;
  failed(error: unknown): void;
}

export class QueuedRecord implements Pending, Entrant {
  readonly outbound: OutboundRecord;
  readonly record: RecordToWrite;
  readonly size: number;
  readonly addedAt: number;
  readonly deadline: number;
  /** First record for its topic in its call: keyless records of one call share a partition. */
  readonly startsCall: boolean;
  readonly deadLetter: boolean;
  readonly #call: Call;
  readonly #index: number;
  readonly #host: RecordHost;

  constructor(host: RecordHost, call: Call, index: number, outbound: OutboundRecord, given: GivenToRecord) {
    const { key, value, headers } = outbound;
    this.#host = host;
    this.#call = call;
    this.#index = index;
    this.outbound = outbound;
    this.record = { key, value, headers, timestamp: outbound.timestamp ?? given.wallTime };
    this.size = sizeOf(outbound);
    this.addedAt = call.startedAt;
    this.deadline = call.startedAt + host.deliveryTimeoutMs;
    this.startsCall = given.startsCall;
    this.deadLetter = given.deadLetter;
  }

  /** There was room for it. */
  entered(): void {
    this.#call.entered();
    this.#host.entered(this);
  }

  /** It never was inside. */
  refused(error: unknown): void {
    this.#call.refused(this.#index, error);
  }

  written(partition: number, offset: number): void {
    this.#call.written(this.#index, { topic: this.outbound.topic, partition, offset });
    this.#host.room.leave(this.size);
  }

  failed(error: unknown): void {
    this.#call.failed(this.#index, error);
    this.#host.room.leave(this.size);
  }
}

/** What all records of a producer share. */
export interface RecordHost {
  readonly deliveryTimeoutMs: number;
  readonly room: BufferRoom;
  entered(record: QueuedRecord): void;
}

export interface GivenToRecord {
  /** Of records that name no time of their own; milliseconds since 1970. */
  readonly wallTime: number;
  readonly startsCall: boolean;
  /** See `SendOptions`. */
  readonly deadLetter: boolean;
}
