/**
 * What the user asked for, compiled: the one value that every stage receives from `manifest/`.
 *
 * Every default is filled in, every unit is in the name, every path is absolute and every topic is named.
 * A stage reads it and never asks again what a key of the manifest means. The value is deeply frozen and
 * made of plain data only, so it can be cloned into a thread.
 *
 * Which manifest key a field comes from stands beside it; limits and defaults stand in `manifest/schema/`.
 */

import type { SchemaSettings } from './event-types.ts';
import type { GatewaySettings } from './gateway-settings.ts';

/** All of one process: what `runtime start a.yaml b.yaml` runs. */
export interface RuntimeSettings {
  readonly kafka: KafkaSettings;
  readonly producer: ProducerSettings;
  /** At least one where the gateway has no route, ordered as written. Names are unique. */
  readonly groups: readonly GroupSettings[];
  /** `shutdown.timeout`: how long a drain may take. */
  readonly shutdown: { readonly timeoutMs: number };
  /** `observability.http`: port 0 means any free one. */
  readonly http: { readonly host: string; readonly port: number };
  readonly health: HealthSettings;
  readonly logs: LogSettings;
  /** `store.url`: as `openStore` takes it, a folder absolute. May carry a password. */
  readonly store: { readonly url: string };
  readonly gateway: GatewaySettings;
}

/** `kafka`: how to reach the cluster. */
export interface KafkaSettings {
  /** `embedded`: no cluster was named, the process starts its own broker. */
  readonly brokers: 'embedded' | readonly BrokerAddress[];
  /** Never empty: `<hostname>-<8 hex>` when the manifest names none. */
  readonly clientId: string;
  readonly client: 'kafkajs' | 'platformatic';
  readonly requestTimeoutMs: number;
  /** A response frame that announces more closes the connection before anything is allocated. */
  readonly maxResponseBytes: number;
}

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** `producer`: how published events and dead letters are written. */
export interface ProducerSettings {
  /** Kafka's own numbers; -1 is `all`. */
  readonly acks: -1 | 0 | 1;
  readonly compression: Compression;
  /** True only together with acks -1. */
  readonly idempotent: boolean;
  /** Most bytes of one batch, before compression; a record that is larger goes alone. */
  readonly batchBytes: number;
  /** Most records of one batch; null: only `batchBytes` counts. */
  readonly batchRecords: number | null;
  /** How long a batch that is not full waits for more. */
  readonly lingerMs: number;
  /** Requests to one broker that are not answered yet. At most 5 with `idempotent`. */
  readonly maxInFlight: number;
  /** How often a batch is sent again after a passing error. */
  readonly retries: number;
  /** Bytes of records that wait for their acknowledgement; beyond them publishing waits. */
  readonly bufferBytes: number;
  /** How long a record waits for room in the buffer, or for its topic, before it fails. */
  readonly maxBlockMs: number;
  readonly partitioner: PartitionerSettings;
}

/** `producer.partitioner`: of published events; dead letters go by their key. */
export interface PartitionerSettings {
  readonly by: 'key' | 'composite' | 'prefix' | 'roundRobin' | 'module';
  /** Absolute path of the module with `by: module`, else null. */
  readonly file: string | null;
  /** An event without a key is refused, unless it names its partition. */
  readonly keyRequired: boolean;
}

/** `observability.health`. */
export interface HealthSettings {
  /** A loop that waits longer is stuck: `/health` says so, then the process ends. */
  readonly stalledForMs: number;
}

/** `observability.logs`. */
export interface LogSettings {
  readonly level: LogLevel;
  readonly format: 'auto' | 'json' | 'pretty';
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** `groups.<name>`, with what it inherits from `defaults`. */
export interface GroupSettings {
  /** The Kafka consumer group id. */
  readonly name: string;
  /** At least one, unique by name. */
  readonly topics: readonly TopicSettings[];
  /** At least one, unique by file, called in this order. */
  readonly handlers: readonly HandlerSettings[];
  /** Where to read when there is no committed offset, or none that still exists. */
  readonly from: 'earliest' | 'latest' | 'fail';
  /** `pool`: in worker threads. `inline`: on the main thread. */
  readonly execution: 'pool' | 'inline';
  /** `auto`: the consumer protocol (KIP-848) where the broker speaks it, else the classic one. */
  readonly protocol: 'auto' | 'classic' | 'consumer';
  readonly concurrency: ConcurrencySettings;
  readonly fetch: FetchSettings;
  readonly buffer: BufferSettings;
  readonly timeouts: TimeoutSettings;
  /** `staticMembership`: Kafka's `group.instance.id`; null for a member that is new after every start. */
  readonly instanceId: string | null;
  readonly retry: RetrySettings;
  readonly dlq: DeadLetterSettings;
  readonly commit: CommitSettings;
  /** Null: every record is handled, also one that was handled before. */
  readonly dedupe: DedupeSettings | null;
  /** Absolute path of a module that says where a partition begins; null: the offset that was committed to Kafka. */
  readonly offsets: string | null;
  /** It reads old records again under a name of its own (`runtime replay`): `ctx.isReplay`. */
  readonly replay?: boolean;
  /** `schemas` of the manifest that the group stands in. */
  readonly schemas: SchemaSettings;
}

export interface TopicSettings {
  readonly name: string;
  /** Where dead letters of this topic go; null when `dlq.enabled` is false. */
  readonly dlqTopic: string | null;
}

export interface HandlerSettings {
  /** Absolute path of the module, links resolved, inside the project. */
  readonly file: string;
  /** Event types this module may see; null means all that it has a handler for. */
  readonly events: readonly string[] | null;
}

/** Where the key of a record's lane, or the id that tells a repeated record, comes from. */
export type KeySource =
  | { readonly kind: 'key' }
  | { readonly kind: 'header'; readonly name: string }
  /** `$.customer.id` is `['customer', 'id']` in the decoded value; an index is a string of digits. */
  | { readonly kind: 'path'; readonly path: readonly string[] };

/** `concurrency`. */
export interface ConcurrencySettings {
  readonly order: 'partition' | 'key' | 'none';
  readonly keyFrom: KeySource;
  /** Records without a key: one lane for all of a partition, or no order at all. */
  readonly nullKey: 'partition' | 'none';
  /** Threads of this group, at least 1; `auto` is resolved. With `execution: inline` it is 1: the main thread. */
  readonly workers: number;
  /** `split`: threads that share each partition by its keys; 1, or as many as `workers`. */
  readonly shares: number;
  /** Heap of one thread; null is Node's own limit. */
  readonly maxHeapBytes: number | null;
  /** Handlers running at once in this group, over all its threads. Never below `workers`. */
  readonly max: number;
}

/** `batch`: Kafka's fetch settings, and the limit on what they unpack to. */
export interface FetchSettings {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  /** A record batch that unpacks to more stops its partition. */
  readonly maxDecompressedBytes: number;
}

/** `buffer`: over one of these limits the partition is not fetched; heartbeats go on. */
export interface BufferSettings {
  /** Unfinished records of one partition. */
  readonly maxRecords: number;
  /** Unfinished bytes of the group. */
  readonly maxBytes: number;
  /** Finished records of one partition beyond its checkpoint. */
  readonly maxUncommitted: number;
}

/** `timeouts`. */
export interface TimeoutSettings {
  readonly handlerMs: number;
  /** A handler that runs longer is counted and logged, not stopped. */
  readonly slowMs: number;
  readonly sessionMs: number;
  /** Below `sessionMs`. */
  readonly heartbeatMs: number;
  readonly rebalanceMs: number;
}

/** `retry`: in place, holding only the record's own lane. */
export interface RetrySettings {
  /** Calls after the first one; -1 means for ever. */
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Fraction of the delay, 0 to 1: the delay is multiplied by 1 ± this. */
  readonly jitter: number;
  /** Error names that are not tried again. */
  readonly never: readonly string[];
  readonly onExhausted: 'dlq' | 'stop';
}

/** `dlq`. The topic itself stands beside each source topic. */
export interface DeadLetterSettings {
  readonly enabled: boolean;
  /** The write failed: the lane is held and the write is tried again. */
  readonly onError: 'block';
  /** With `enabled: false`: hold the lane, or drop the record and count it. */
  readonly onDisabled: 'block' | 'drop';
  /** How often one record is sent back, unless forced. */
  readonly maxReplays: number;
}

/** `commit`: whichever comes first, and always on revocation and stop. */
export interface CommitSettings {
  readonly intervalMs: number;
  readonly everyRecords: number;
}

/** `dedupe`: which records are the same one, and where it is kept which were handled. */
export interface DedupeSettings {
  readonly by: KeySource;
  readonly store: DedupeStore;
}

export type DedupeStore =
  /** In each thread; `max` ids of one thread. */
  | { readonly kind: 'memory'; readonly ttlMs: number; readonly max: number }
  /** One file of the group, absolute; `max` ids of the group. */
  | { readonly kind: 'sqlite'; readonly file: string; readonly ttlMs: number; readonly max: number }
  /** Absolute path of a module with `seen` and `mark`. */
  | { readonly kind: 'module'; readonly file: string }
  /** In the transaction of the effect. `url` may carry a password. */
  | { readonly kind: 'sql'; readonly url: string; readonly ttlMs: number };
