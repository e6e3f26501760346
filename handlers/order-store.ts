/**
 * Where the projections keep what they have seen: one SQLite file for all handler threads. Counters in a variable would
 * be wrong here: every thread sees its own partitions only, and a record that is delivered a second time (after a crash,
 * say) would count twice. So rows are keyed by what they are about, and writing one again changes nothing.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface OrderStatistics {
  readonly orders: number;
  readonly revenue: number;
  readonly shipped: number;
}

export class OrderStore {
  readonly #db: DatabaseSync;

  /** @param file created when missing; any number of threads and processes may have it open */
  constructor(file = process.env.ORDERS_DB ?? '.runtime/orders.sqlite') {
    mkdirSync(dirname(file), { recursive: true });
    this.#db = new DatabaseSync(file, { timeout: 5_000 });
    this.#db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, total REAL NOT NULL, shipped INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE IF NOT EXISTS audit (event_id TEXT PRIMARY KEY, type TEXT NOT NULL, order_id TEXT);
    `);
  }

  place(orderId: string, total: number): void {
    this.#db
      .prepare('INSERT INTO orders (id, total) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET total = excluded.total')
      .run(orderId, total);
  }

  /** @returns false when there is no such order (yet) */
  ship(orderId: string): boolean {
    return this.#db.prepare('UPDATE orders SET shipped = 1 WHERE id = ?').run(orderId).changes > 0;
  }

  audit(eventId: string, type: string, orderId: string | null): void {
    this.#db
      .prepare('INSERT OR IGNORE INTO audit (event_id, type, order_id) VALUES (?, ?, ?)')
      .run(eventId, type, orderId);
  }

  statistics(): OrderStatistics {
    const row = this.#db
      .prepare('SELECT count(*) AS orders, total(total) AS revenue, total(shipped) AS shipped FROM orders')
      .get() as unknown as OrderStatistics;
    return { ...row };
  }

  /** Types of the events of one order, in the order in which they were handled. */
  eventsOf(orderId: string): readonly string[] {
    const rows = this.#db.prepare('SELECT type FROM audit WHERE order_id = ? ORDER BY rowid').all(orderId);
    return rows.map(({ type }) => String(type));
  }

  auditEntries(): number {
    return Number(this.#db.prepare('SELECT count(*) AS entries FROM audit').get()?.entries);
  }

  close(): void {
    this.#db.close();
  }
}
