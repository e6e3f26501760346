/** What a handler receives: one record, its envelope read from the headers, its body decoded when asked for. */

export interface Event<T = unknown> {
  /** Header `event_type`; empty when the record has none, which only `'*'` handlers see. */
  readonly type: string;
  readonly id: string | undefined;
  /** @throws when the key is not UTF-8, which dead-letters the record; `raw()` has its bytes */
  readonly key: string | null;
  /**
   * The whole decoded body: `event.data.total_amount`. null for a tombstone.
   * @throws when the body is not JSON; a handler that fails of it is not tried again
   */
  readonly data: T;
  readonly aggregateId: string | undefined;
  readonly aggregateType: string | undefined;
  readonly aggregateVersion: number | undefined;
  readonly occurredAt: Date | undefined;
  readonly correlationId: string | undefined;
  readonly causationId: string | undefined;
  readonly tenantId: string | undefined;
  readonly actorId: string | undefined;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: Date;
  /** Every header with its values in order. A value that is null in Kafka is an empty array here; `raw()` tells. */
  readonly headers: ReadonlyMap<string, readonly Uint8Array[]>;
  /** A key with a null value: the deletion mark of a compacted topic. */
  readonly tombstone: boolean;
  /** Copies: a handler may change them without touching what a dead letter would carry. */
  raw(): RawEvent;
}

export interface RawEvent {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** In the order of the record, repeats and null values kept. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}
