/** What `event.data` is in a group with `format: debezium`: one change of one row. */

export interface Change<Row = Record<string, unknown>> {
  /** create, update, delete, read (of a snapshot), truncate, message. */
  readonly op: 'c' | 'u' | 'd' | 'r' | 't' | 'm';
  /** Null where there was none, or where the database does not tell (PostgreSQL: `REPLICA IDENTITY`). */
  readonly before: Row | null;
  /** Null after a delete. */
  readonly after: Row | null;
  /** Where the change comes from: connector, database, table, position in its log. */
  readonly source: Readonly<Record<string, unknown>>;
  /** When the connector saw it. Milliseconds since 1970. */
  readonly ts_ms?: number;
}
