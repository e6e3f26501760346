/**
 * Faults on demand, for tests: what happens to the next request of an API instead of, or before, its answer. Actions of
 * one API are used up in order, one per request.
 */

export type ControlAction =
  /** Answer with this error code; nothing else is done. */
  | { readonly kind: 'error'; readonly code: number }
  /** Wait, then go on as usual. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Close the connection; nothing else is done. */
  | { readonly kind: 'close' }
  /** Do as asked, then close the connection instead of answering: the client cannot know. */
  | { readonly kind: 'loseAnswer' }
  /** Go on as usual: to reach the request after the next. */
  | { readonly kind: 'pass' };

export class Controls {
  readonly #queued = new Map<string, ControlAction[]>();
  readonly #served = new Map<string, number>();

  /** @param api the name in Kafka's documentation, such as `OffsetCommit` */
  next(api: string, ...actions: readonly ControlAction[]): void {
    const queue = this.#queued.get(api) ?? [];
    queue.push(...actions);
    this.#queued.set(api, queue);
  }

  /** Forgets what is queued. */
  clear(): void {
    this.#queued.clear();
  }

  /** How many requests of this API have arrived since the broker was made. */
  served(api: string): number {
    return this.#served.get(api) ?? 0;
  }

  /** Called once for each request. */
  take(api: string): ControlAction {
    this.#served.set(api, this.served(api) + 1);
    return this.#queued.get(api)?.shift() ?? { kind: 'pass' };
  }
}
