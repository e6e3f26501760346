/**
 * `dedupe.store: sqlite`: the ids that a group has handled on this machine, in a file that all its threads share, and that
 * is there after a restart. A crash of the machine may cost the last ones. Opened with the first record.
 */
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Clock } from '../core/clock.ts';
import { makeFolder } from '../core/make-folder.ts';
import type { DedupeStore } from '../core/settings.ts';
import type { Marks } from './best-effort-dedupe.ts';

/** Another thread writes: this one stands still so long at most. */
const lockedMaxMs = 1_000;
/** Of one thread, between two looks for what is too old or too much. */
const addedMax = 1_000;

interface Open {
  readonly database: DatabaseSync;
  readonly has: StatementSync;
  readonly add: StatementSync;
  readonly removeOld: StatementSync;
  readonly removeBeyond: StatementSync;
}

export class SqliteMarks implements Marks {
  readonly #settings: Extract<DedupeStore, { readonly kind: 'sqlite' }>;
  readonly #clock: Clock;
  #open: Open | null = null;
  #added = 0;

  constructor(settings: Extract<DedupeStore, { readonly kind: 'sqlite' }>, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  has(handler: string, id: string): boolean {
    return this.#use().has.get(handler, id, this.#oldest()) !== undefined;
  }

  add(handler: string, id: string): void {
    const { add } = this.#use();
    add.run(handler, id, this.#clock.wallTime());
    if (++this.#added >= addedMax) this.#tidy();
  }

  forget(): void {
    // Another thread of this machine may get the partition, or this one again.
  }

  close(): void {
    this.#open?.database.close();
    this.#open = null;
  }

  #use(): Open {
    if (this.#open !== null) return this.#open;
    makeFolder(dirname(this.#settings.file));
    const database = new DatabaseSync(this.#settings.file, { timeout: lockedMaxMs });
    try {
      this.#open = prepare(database);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#tidy();
    return this.#open;
  }

  #tidy(): void {
    this.#added = 0;
    this.#open?.removeOld.run(this.#oldest());
    this.#open?.removeBeyond.run(this.#settings.max);
  }

  /** Milliseconds since 1970; what is older is forgotten. */
  #oldest(): number {
    return this.#clock.wallTime() - this.#settings.ttlMs;
  }
}

function prepare(database: DatabaseSync): Open {
  database.exec('pragma journal_mode = wal; pragma synchronous = normal');
  database.exec(
    `create table if not exists handled (
       number integer primary key autoincrement, handler text not null, id text not null, at integer not null,
       unique (handler, id)
     );
     create index if not exists handled_at on handled (at)`,
  );
  return {
    database,
    has: database.prepare('select 1 from handled where handler = ? and id = ? and at >= ?'),
    // A new number, and so the last one to go beyond `max`.
    add: database.prepare('insert or replace into handled (handler, id, at) values (?, ?, ?)'),
    removeOld: database.prepare('delete from handled where at < ?'),
    removeBeyond: database.prepare('delete from handled where number <= (select max(number) from handled) - ?'),
  };
}
