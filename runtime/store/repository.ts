/**
 * Loads and saves aggregates of one type (S-13): stores, then publishes. Both are one transaction, since what is to be
 * published is stored as well (`outbox.ts`); the relay sends it when it is committed.
 *
 *   load    latest snapshot ─▶ events after it, page by page ─▶ aggregate
 *   save    unsaved events, expected version ─▶ events + outbox ─▶ a snapshot, when enough events came since the last
 */
import { type Backoff, backoffMs } from '../core/backoff.ts';
import { type Clock, sleep, systemClock } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { type Random, systemRandom } from '../core/random.ts';
import { ConcurrencyError } from './concurrency-error.ts';
import type { EventStore } from './event-store.ts';
import { loadSnapshot, type Snapshot, saveSnapshot, snapshotText } from './snapshots.ts';
import type { Sql } from './sql.ts';
import type { AggregateKey, EventContext, StoredEvent } from './stored-event.ts';

/** What the repository needs of an aggregate; `AggregateRoot` has it. */
export interface Aggregate {
  readonly id: string;
  readonly state: unknown;
  readonly version: number;
  readonly savedVersion: number;
  readonly unsaved: AggregateChanges;
  restore(version: number, state: unknown): void;
  replay(events: readonly StoredEvent[]): void;
  markSaved(count: number): void;
}

type AggregateChanges = Parameters<EventStore['append']>[1];

export interface RepositoryOptions<A extends Aggregate> {
  /** Aggregate type, such as `Order`: part of the identity in the store, and a header of the records. */
  readonly type: string;
  /** A new aggregate without events. */
  readonly create: (id: string) => A;
  readonly store: { readonly sql: Sql; readonly events: EventStore };
  /** Where saved events are published, such as `orders.stream`. Nowhere, when missing. */
  readonly topic?: string;
  /** Not, when missing. */
  readonly snapshots?: SnapshotPolicy;
  /** Called after a save that is committed: give it the relay's `wake`, else the relay finds the records when it looks. */
  readonly onSaved?: () => void;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface SnapshotPolicy {
  /** A save makes one when this many events came since the last. */
  readonly every: number;
  /** Raise it when the state gets another form: snapshots of other shapes are not read. Default 1. */
  readonly shape?: number;
}

export interface UpdateOptions extends EventContext {
  /** How often in all, when others change the aggregate meanwhile. Default 10. */
  readonly attempts?: number;
}

/** Events of one read while an aggregate is loaded. */
const pageEvents = 500;

/** Of 200 that change one aggregate at once one gets through at a time: the others must not all come back at once. */
const conflictBackoff: Backoff = { baseDelayMs: 5, maxDelayMs: 2_000, jitter: 1 };

export class Repository<A extends Aggregate> {
  readonly #options: RepositoryOptions<A>;
  /** Version of the snapshot that each loaded aggregate came from, or got. */
  readonly #snapshots = new WeakMap<A, number>();

  constructor(options: RepositoryOptions<A>) {
    this.#options = options;
  }

  /** The same repository as part of a transaction; `onSaved` is not called, since it is the caller who commits. */
  within(transaction: Sql): Repository<A> {
    const { onSaved: _unused, ...options } = this.#options;
    return new Repository({
      ...options,
      store: { sql: transaction, events: options.store.events.within(transaction) },
    });
  }

  /** @returns an aggregate of version 0 when nothing is stored under this id */
  async load(id: string): Promise<A> {
    const { create, store, snapshots } = this.#options;
    const aggregate = create(id);
    const key = this.#key(id);
    const snapshot = snapshots === undefined ? null : await loadSnapshot(store.sql, key, shapeOf(snapshots));
    if (snapshot !== null) aggregate.restore(snapshot.version, JSON.parse(snapshot.state));
    this.#snapshots.set(aggregate, snapshot?.version ?? 0);
    for (;;) {
      const events = await store.events.load(key, aggregate.version + 1, pageEvents);
      aggregate.replay(events);
      if (events.length < pageEvents) return aggregate;
    }
  }

  /**
   * Stores what has happened since the load or the last save, and has it published.
   * @param context written into every event that does not say otherwise; from a handled event: its `correlationId`, and
   *   its `id` as `causationId`
   * @returns the events as stored; none when nothing has happened
   * @throws ConcurrencyError when somebody else saved it meanwhile: this object is of no more use then, load it again
   */
  async save(aggregate: A, context: EventContext = {}): Promise<readonly StoredEvent[]> {
    const { store, topic, onSaved } = this.#options;
    const events = aggregate.unsaved.map((event) => ({ ...context, ...event }));
    const options = { expectedVersion: aggregate.savedVersion, ...(topic !== undefined && { topic }) };
    // Before anything is stored: a state that is no JSON must not come to light afterwards.
    const snapshot = this.#dueSnapshot(aggregate);
    const stored = await store.events.append(this.#key(aggregate.id), events, options);
    aggregate.markSaved(stored.length);
    if (stored.length > 0) onSaved?.();
    if (snapshot !== null) await this.#keep(aggregate, snapshot);
    return stored;
  }

  /**
   * Loads, changes and saves, again from the start when somebody else was faster.
   * @param change runs once per attempt, on a fresh aggregate
   * @throws what `change` throws; ConcurrencyError after the last attempt
   */
  async update<T>(id: string, change: (aggregate: A) => T | Promise<T>, options: UpdateOptions = {}): Promise<T> {
    const { attempts = 10, ...context } = options;
    for (let attempt = 1; ; attempt++) {
      const aggregate = await this.load(id);
      const result = await change(aggregate);
      try {
        await this.save(aggregate, context);
        return result;
      } catch (error) {
        if (!(error instanceof ConcurrencyError) || attempt >= attempts) throw error;
        const { clock = systemClock, random = systemRandom } = this.#options;
        await sleep(clock, backoffMs(conflictBackoff, attempt - 1, random));
      }
    }
  }

  #key(id: string): AggregateKey {
    return { type: this.#options.type, id };
  }

  /** @throws StoreError when the state is no JSON */
  #dueSnapshot(aggregate: A): Snapshot | null {
    const { snapshots } = this.#options;
    const last = this.#snapshots.get(aggregate) ?? 0;
    if (snapshots === undefined || aggregate.version - last < snapshots.every) return null;
    return { version: aggregate.version, state: snapshotText(this.#key(aggregate.id), aggregate.state) };
  }

  async #keep(aggregate: A, snapshot: Snapshot): Promise<void> {
    const { store, snapshots } = this.#options;
    try {
      await saveSnapshot(store.sql, this.#key(aggregate.id), snapshot, shapeOf(snapshots));
      this.#snapshots.set(aggregate, snapshot.version);
    } catch (error) {
      // The events are stored, and the next save tries again. Only in a transaction they are not: it has failed.
      if (store.sql.inTransaction || !(error instanceof StoreError)) throw error;
    }
  }
}

function shapeOf(policy: SnapshotPolicy | undefined): number {
  return policy?.shape ?? 1;
}
