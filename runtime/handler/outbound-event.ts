/** What a handler gives to `ctx.publish`. How it is written to Kafka: `envelope.ts`. */

export interface OutboundEvent<T = unknown> {
  readonly topic: string;
  readonly type: string;
  /** An object whose fields stand in the body beside the envelope's; null writes a tombstone. */
  readonly data: T;
  /** Decides the partition; `aggregateId` when missing. null: no key. */
  readonly key?: string | null;
  /** Instead of what `producer.partitioner` says. */
  readonly partition?: number;
  /** Of the record in Kafka; the time of publishing when missing. When it happened is `occurredAt`. */
  readonly timestamp?: Date;
  /** A uuid; a fresh one when missing. */
  readonly id?: string;
  readonly aggregateId?: string;
  readonly aggregateType?: string;
  /** From 1, the default. */
  readonly aggregateVersion?: number;
  /** Now, when missing. */
  readonly occurredAt?: Date;
  /** That of the handled event, else a fresh one. */
  readonly correlationId?: string;
  /** The id of the handled event when missing. */
  readonly causationId?: string;
  readonly tenantId?: string;
  readonly actorId?: string;
  /** Written after the envelope's own headers. */
  readonly headers?: Readonly<Record<string, string | Uint8Array>>;
}

/** Where an event was written. */
export interface Published {
  readonly topic: string;
  readonly partition: number;
  /** -1 with `acks: 0`, where Kafka does not tell. */
  readonly offset: bigint;
}
