/**
 * Ends the statement that is under way on one connection, when a signal is aborted. PostgreSQL takes that on another
 * connection only, and it may come late: after it was sent, the connection must not be used for anything else.
 */
/** A connection that is not made yet. */
export interface OtherConnection {
  connect(): Promise<unknown>;
  query(text: string, params: readonly unknown[]): Promise<unknown>;
  end(): Promise<void>;
  on(event: 'error', listener: () => void): unknown;
}

export class Cancellation {
  readonly #client: object;
  readonly #connection: () => OtherConnection;
  readonly #over = new AbortController();
  #sent: Promise<void> | null = null;

  /**
   * @param client of pg, connected
   * @param connection makes one outside the pool, whose own may all be waiting for something
   */
  constructor(client: object, connection: () => OtherConnection, signal: AbortSignal | undefined) {
    this.#client = client;
    this.#connection = connection;
    if (signal?.aborted) this.#send();
    else signal?.addEventListener('abort', () => this.#send(), { signal: this.#over.signal });
  }

  /** The connection is not needed any more. @returns whether it is spoilt */
  async wasSent(): Promise<boolean> {
    this.#over.abort();
    await this.#sent;
    return this.#sent !== null;
  }

  #send(): void {
    const { processID } = this.#client as { readonly processID?: number | null };
    if (processID != null) this.#sent = this.#cancel(processID);
  }

  async #cancel(processId: number): Promise<void> {
    const other = this.#connection();
    other.on('error', () => {});
    try {
      await other.connect();
      await other.query('select pg_cancel_backend($1)', [processId]);
      await other.end();
    } catch {
      // The server is not there: then the statement has ended, too.
    }
  }
}
