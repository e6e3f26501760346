/**
 * Ends the statement that is under way on one connection, when a signal is aborted. PostgreSQL takes that on another
 * connection only, and it may come late: after it was sent, the connection must not be used for anything else.
 */
import type { Client, PoolClient } from 'pg';

export class Cancellation {
  readonly #client: PoolClient;
  readonly #makeClient: () => Client;
  readonly #over = new AbortController();
  #sent: Promise<void> | null = null;

  /** @param makeClient one of its own, not connected: those of the pool may all be waiting for something */
  constructor(client: PoolClient, makeClient: () => Client, signal: AbortSignal | undefined) {
    this.#client = client;
    this.#makeClient = makeClient;
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
    const { processID } = this.#client as unknown as { readonly processID: number | null };
    if (processID !== null) this.#sent = this.#cancel(processID);
  }

  async #cancel(processId: number): Promise<void> {
    const other = this.#makeClient();
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
