/**
 * `dedupe.store: sql`: a handler's call is a transaction, and the mark that the record was handled is a part of it.
 *
 *   waiting ──connection──▶ begin, mark ──new──▶ handler ──resolved, published──▶ commit
 *      │                        │ known             │ threw, aborted
 *      │                        ▼                   ▼
 *      │                    passed over          rollback
 *      └── database away, or no answer until the call is aborted ──▶ `StoreDown`: tried again, no attempt used up
 *
 * The commit comes last: what the handler published is acknowledged before, since a record with a mark never runs again.
 * An aborted call ends at once for the database, and for its key when the handler has settled, as any other call.
 */
import type { Clock, Timer } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import type { DedupeStore, KeySource } from '../core/settings.ts';
import type { Fn } from '../handler/define-handlers.ts';
import { forgetHandled, markHandled } from '../store/handled.ts';
import { storeName } from '../store/open-store.ts';
import { shareDatabase } from '../store/share-database.ts';
import type { Database, Sql } from '../store/sql.ts';
import { acknowledged, type CallContext, giveTransaction, publicationsOf } from './call-context.ts';
import type { HandlerFunction } from './check-handlers.ts';
import type { Dedupe } from './dedupe.ts';
import { HandlerTransaction } from './handler-transaction.ts';
import type { RecordEvent } from './record-event.ts';
import { placeIdOf, recordIdOf } from './record-id.ts';
import { StoreDown } from './store-down.ts';

/** Of one thread: each is a process of PostgreSQL, whose default limit is 100 for everybody. */
const connectionsMax = 10;
const forgetEveryMs = 60_000;
const forgetAtOnce = 5_000;
/** PostgreSQL ends a session that stands still in a transaction for longer than its handler may. */
const idleMarginMs = 60_000;

export interface SqlDedupeOptions {
  readonly group: string;
  readonly by: KeySource;
  readonly store: Extract<DedupeStore, { readonly kind: 'sql' }>;
  /** Index; the first thread of a group removes old marks. */
  readonly thread: number;
  readonly maxRunning: number;
  readonly clock: Clock;
}

/** One call: where it stands decides whose fault a failure is. */
interface Call {
  stage: 'before' | 'handler' | 'after';
  isDuplicate: boolean;
  tx: HandlerTransaction | null;
  /** Never rejects. */
  handled: Promise<unknown> | null;
}

export class SqlDedupe implements Dedupe {
  readonly #options: SqlDedupeOptions;
  readonly #idOf: (event: RecordEvent) => string | null;
  #database: Promise<Database> | null = null;
  #duplicates = 0;
  #forgetting: Timer | null = null;
  #closed = false;

  constructor(options: SqlDedupeOptions) {
    this.#options = options;
    this.#idOf = recordIdOf(options.by);
    if (options.thread === 0) this.#forgetLater();
  }

  around(handle: HandlerFunction, handler: string): Fn {
    // The runner makes both, and nobody else calls this.
    return (event, context) => this.#call(handle, handler, event as RecordEvent, context as CallContext);
  }

  takeDuplicates(): number {
    const taken = this.#duplicates;
    this.#duplicates = 0;
    return taken;
  }

  forget(): void {
    // The next owner needs the marks.
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#forgetting?.cancel();
    const opened = await this.#database?.catch(() => null);
    // What does not close ends with its thread.
    await opened?.close().catch(() => {});
  }

  async #call(handle: HandlerFunction, handler: string, event: RecordEvent, context: CallContext): Promise<void> {
    const call: Call = { stage: 'before', isDuplicate: false, tx: null, handled: null };
    const { signal } = context;
    const mark = { group: this.#options.group, handler, id: this.#idOf(event) ?? placeIdOf(event) };
    const work = async (sql: Sql): Promise<void> => {
      call.isDuplicate = !(await markHandled(sql, mark));
      if (signal.aborted) throw new Error('aborted');
      if (!call.isDuplicate) await run(sql, handle, event, context, call);
    };
    const transaction = this.#open().then((database) =>
      database.transaction(work, { signal, idleMs: handle.timeoutMs + idleMarginMs }),
    );
    try {
      await Promise.race([transaction, this.#noAnswer(call, signal)]);
    } catch (error) {
      transaction.catch(() => {}); // Left alone, it ends with a rollback: `work` sees that the call was aborted.
      await call.handled;
      throw blamed(error, call);
    }
    if (call.isDuplicate) this.#duplicates++;
  }

  /** Rejects when the call is aborted while it waits for the database, which may never answer. */
  #noAnswer(call: Call, signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        if (call.stage === 'handler') return;
        const text = `the store ${storeName(this.#options.store.url)} gave no answer until the call was aborted (${signal.reason})`;
        reject(new StoreError('RT_STORE_CONNECTION', text, { retryable: true }));
      });
    });
  }

  #open(): Promise<Database> {
    const { store, maxRunning } = this.#options;
    if (this.#database !== null) return this.#database;
    const opening = shareDatabase(store.url, Math.min(maxRunning, connectionsMax));
    this.#database = opening;
    // The next call tries again.
    opening.catch(() => {
      if (this.#database === opening) this.#database = null;
    });
    return opening;
  }

  #forgetLater(): void {
    if (this.#closed) return;
    this.#forgetting = this.#options.clock.after(forgetEveryMs, () => {
      // What fails is tried again a minute later; that the database is away is told by the calls.
      void this.#forget()
        .catch(() => {})
        .then(() => this.#forgetLater());
    });
  }

  async #forget(): Promise<void> {
    const { group, store } = this.#options;
    const database = await this.#open();
    while (!this.#closed && (await forgetHandled(database, group, store.ttlMs, forgetAtOnce)) === forgetAtOnce);
  }
}

/** The handler, in a transaction that has its mark. */
async function run(
  sql: Sql,
  { handle }: HandlerFunction,
  event: RecordEvent,
  context: CallContext,
  call: Call,
): Promise<void> {
  const { signal } = context;
  const tx = new HandlerTransaction(sql);
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      tx.end(); // at once: the handler hears of it in the same turn
      reject(new Error('aborted'));
    });
  });
  call.tx = tx;
  giveTransaction(context, tx);
  call.stage = 'handler';
  const result = (async () => handle(event, context))();
  call.handled = result.catch(() => {});
  const done = result.then(async () => {
    await acknowledged(publicationsOf(context) ?? []);
    await tx.quiet();
  });
  try {
    await Promise.race([done, aborted]);
  } finally {
    tx.end();
  }
  call.stage = 'after';
}

/** Before and after the handler every failure is the store's; the handler's own are passed on. */
function blamed(error: unknown, { stage, tx }: Call): unknown {
  if (stage === 'before') return new StoreDown(error);
  if (tx?.lost != null) return new StoreDown(tx.lost);
  if (stage === 'after' && (error as StoreError).code === 'RT_STORE_CONNECTION') return new StoreDown(error);
  return error;
}
