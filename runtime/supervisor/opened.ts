/**
 * Remembers what was opened and closes it in reverse. Closing has a deadline, since a broker that has gone away must
 * not keep the process alive, and what did not close in time is named.
 */
import { type Clock, sleep } from '../core/clock.ts';

export interface CloseReport {
  readonly name: string;
  readonly problem: string;
}

export class Opened {
  readonly #clock: Clock;
  readonly #open: { readonly name: string; readonly close: () => Promise<void> }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the thing itself, for use in one line with its creation */
  add<T extends { close(): Promise<void> }>(name: string, thing: T): T {
    this.#open.push({ name, close: () => thing.close() });
    return thing;
  }

  /** Never rejects. @param deadlineMs for each of them @returns what did not close, and why */
  async closeAll(deadlineMs: number): Promise<readonly CloseReport[]> {
    const reports: CloseReport[] = [];
    for (const { name, close } of this.#open.splice(0).reverse()) {
      const problem = await this.#close(close, deadlineMs);
      if (problem !== null) reports.push({ name, problem });
    }
    return reports;
  }

  async #close(close: () => Promise<void>, deadlineMs: number): Promise<string | null> {
    const closed = new AbortController();
    const deadline = sleep(this.#clock, deadlineMs, closed.signal).then(() => `not closed within ${deadlineMs} ms`);
    const done = close().then(
      () => null,
      (error: unknown) => String(error),
    );
    const problem = await Promise.race([done, deadline]);
    closed.abort();
    return problem;
  }
}
