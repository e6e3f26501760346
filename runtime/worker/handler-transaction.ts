/**
 * `ctx.tx`: the transaction of one call, as its handler sees it. It does not outlive the call: a query that comes later
 * rejects, and one that the handler did not wait for is waited for, since it belongs to the effect.
 */
import { HandlerError } from '../core/errors.ts';
import type { Transaction } from '../handler/context.ts';
import type { Sql } from '../store/sql.ts';

/** Who begins a transaction ends it: a mark must not be committed without its effect. */
const ending = /^\s*(?:begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b/i;

export class HandlerTransaction implements Transaction {
  #sql: Sql | null;
  readonly #underWay = new Set<Promise<unknown>>();
  #lost: unknown = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** What a query failed of, when the connection is gone; null while it is there. */
  get lost(): unknown {
    return this.#lost;
  }

  query<Row>(text: string, params: readonly unknown[] = []): Promise<readonly Row[]> {
    const answer = this.#query<Row>(text, params);
    // A failure that nobody waits for is seen when the transaction ends; unhandled it would cost the whole thread.
    const settled = answer.then(
      () => {},
      (error: unknown) => this.#note(error),
    );
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
    return answer;
  }

  /** Resolves when no query is under way. */
  async quiet(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Nothing more is sent. */
  end(): void {
    this.#sql = null;
  }

  async #query<Row>(text: string, params: readonly unknown[]): Promise<readonly Row[]> {
    if (this.#sql === null) {
      const why = 'its call has ended: the handler has resolved, or it was aborted (ctx.signal)';
      throw new HandlerError('RT_HANDLER_ABORTED', `ctx.tx: ${why}; nothing was sent`, { retryable: true });
    }
    if (ending.test(text)) {
      const why = 'the runtime commits when the handler resolves, and rolls back when it throws';
      throw new HandlerError('RT_HANDLER_FAILED', `ctx.tx: "${text.trim().slice(0, 40)}" is not for handlers: ${why}`, {
        retryable: false,
      });
    }
    return this.#sql.query<Row>(text, params);
  }

  #note(error: unknown): void {
    if ((error as { readonly code?: unknown } | null)?.code === 'RT_STORE_CONNECTION') this.#lost ??= error;
  }
}
