/** `kafka-worker-runtime/store`: event store, repository and outbox. pg or PGlite is loaded when a store is opened. */
export { StoreError } from '../core/errors.ts';
export type { OutboundRecord } from '../core/thread-messages.ts';
export { type AggregateEvent, AggregateRoot } from './aggregate-root.ts';
export { ConcurrencyError } from './concurrency-error.ts';
export type { AppendOptions, EventStore, ReadAllOptions } from './event-store.ts';
export { type OpenStoreOptions, openStore, type Store } from './open-store.ts';
export type { Outbox } from './outbox.ts';
export { createRelay, type PublishRecords, type Relay, type RelayFailure, type RelayOptions } from './relay.ts';
export {
  type Aggregate,
  Repository,
  type RepositoryOptions,
  type SnapshotPolicy,
  type UpdateOptions,
} from './repository.ts';
export type { Database, Sql } from './sql.ts';
export type { AggregateKey, EventContext, NewEvent, StoredEvent } from './stored-event.ts';
