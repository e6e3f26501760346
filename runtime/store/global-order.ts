/**
 * How far all events may be read without missing one. Positions come from a sequence, and commits come in another order:
 *
 *   writer A   10 ─────────────── commit
 *   writer B        11 ─ commit
 *   reader                    ▲ sees 11 and no 10: if it went on from 11, it would never see 10
 *
 * Every append holds a shared lock from before it draws its positions until its commit is visible. So a reader takes
 * the last position that was drawn, looks who holds the lock, and waits until these transactions have ended: whatever
 * they drew up to that position is committed then, or will never be. Appends that begin later draw higher positions.
 *
 * Two other ways were left. One exclusive lock for all appends makes the order of commits that of the positions, and every
 * append waits for the disk alone (about 300/s where a sync takes 3 ms, with any number of writers). Showing only what is older than every
 * running transaction (`pg_snapshot_xmin`) needs no lock, but any long transaction of the whole server stops all
 * readers, and in a dump that was restored elsewhere what is new sorts before what is old, and is never read.
 *
 * Locks are not known on a standby: all events are read from the primary.
 */
import { type Clock, sleep } from '../core/clock.ts';
import { StoreError } from '../core/errors.ts';
import { advisoryClass, type Sql } from './sql.ts';

/** An append takes a round trip and a sync of the disk: looking more often would find nothing new. */
const lookAgainMs = 2;

/**
 * @param after where the reader is: when nothing was drawn since, there is nothing to wait for
 * @returns the last position up to which nothing is missing
 * @throws StoreError inside a transaction: others may wait for it, and it would wait for them
 */
export async function settledPosition(sql: Sql, after: bigint, clock: Clock, signal?: AbortSignal): Promise<bigint> {
  if (sql.inTransaction) {
    const text = 'reading all events: not inside a transaction, since it waits for other transactions; read before it';
    throw new StoreError('RT_STORE_REFUSED', text, { retryable: false });
  }
  // Its own statement, before the look at the locks: who draws after it draws more.
  const last = await lastDrawn(sql);
  if (last <= after) return last;
  let waitingFor = await appending(sql);
  while (waitingFor.size > 0) {
    await sleep(clock, lookAgainMs, signal);
    signal?.throwIfAborted();
    waitingFor = waitingFor.intersection(await appending(sql));
  }
  return last;
}

/** 0n when there never was an event. */
async function lastDrawn(sql: Sql): Promise<bigint> {
  const [row] = await sql.query<{ last: bigint | null }>(
    `select pg_sequence_last_value(pg_get_serial_sequence('store_events', 'position')::regclass) as last`,
  );
  return row?.last ?? 0n;
}

/** The transactions that have announced an append, by names that are not used again while one runs. */
async function appending(sql: Sql): Promise<Set<string>> {
  const rows = await sql.query<{ transaction: string }>(
    `select virtualtransaction as transaction from pg_locks
     where locktype = 'advisory' and objsubid = 1
       and classid = ${advisoryClass} and objid = 'store_events'::regclass::oid
       and database = (select oid from pg_database where datname = current_database())`,
  );
  return new Set(rows.map(({ transaction }) => transaction));
}
