/**
 * One call of `onAssigned` or `onRevoked`, with a time limit like that of a handler: over `timeouts.handler` its signal is
 * aborted, and when it goes on for as long again its thread is given up.
 */
import { HandlerError } from '../core/errors.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { AbortReason } from '../core/thread-messages.ts';
import type { Logger } from '../handler/context.ts';
import { toRecord } from '../handler/envelope.ts';
import type { PartitionContext } from '../handler/lifecycle.ts';
import type { OutboundEvent, Published } from '../handler/outbound-event.ts';
import type { CallServices } from './call-context.ts';
import { createLogger } from './handler-log.ts';

export interface HookPlace extends TopicPartition {
  readonly epoch: number;
}

export interface HookCallOptions {
  readonly services: CallServices;
  readonly place: HookPlace;
  /** For messages: file and name of the hook. */
  readonly name: string;
  /** From 1. */
  readonly attempt: number;
  readonly timeoutMs: number;
}

/** Nothing comes before it. */
const noCause = { id: undefined, correlationId: undefined };

export class HookCall implements PartitionContext {
  readonly group: string;
  readonly attempt: number;
  readonly deadline: Date;
  readonly fence: HookPlace;
  readonly log: Logger;
  readonly #options: HookCallOptions;
  readonly #abort = new AbortController();
  readonly #published: Promise<unknown>[] = [];

  constructor(options: HookCallOptions) {
    const { services, place, attempt, timeoutMs } = options;
    this.#options = options;
    this.group = services.group;
    this.attempt = attempt;
    this.deadline = new Date(services.clock.wallTime() + timeoutMs);
    const { topic, partition, epoch } = place;
    this.fence = { topic, partition, epoch };
    this.log = createLogger(services, { topic, partition }, attempt);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  publish(
    events: OutboundEvent | readonly OutboundEvent[],
    options: { readonly background?: boolean } = {},
  ): Promise<readonly Published[]> {
    const { clock, newId, publisher } = this.#options.services;
    const publishing = (async () => {
      const list: readonly OutboundEvent[] = Array.isArray(events) ? events : [events];
      const records = list.map((event) => toRecord(event, noCause, clock.wallTime(), newId));
      return publisher.publish(records, options.background);
    })();
    publishing.catch(() => {}); // `run` waits for it, or the hook does
    this.#published.push(publishing);
    return publishing;
  }

  /** What it still does no longer counts. */
  abort(reason: AbortReason): void {
    this.#abort.abort(reason);
  }

  /** Resolves when the hook has, and what it published is acknowledged. Rejects with what it threw, or over time. */
  async run(hook: (ctx: PartitionContext) => unknown): Promise<void> {
    const { services, name, timeoutMs } = this.#options;
    const tooLong = new HandlerError(
      'RT_HANDLER_TIMEOUT',
      `${name} ran longer than ${timeoutMs} ms (timeouts.handler)`,
      { retryable: true },
    );
    const givenUp = Promise.withResolvers<never>();
    let timedOut = false;
    let timer = services.clock.after(timeoutMs, () => {
      timedOut = true;
      this.abort('timeout');
      timer = services.clock.after(timeoutMs, () => {
        const reason = `${name} went on for ${timeoutMs} ms after its signal was aborted`;
        services.post({ kind: 'tainted', reason, blame: 'none' });
        givenUp.reject(tooLong);
      });
    });
    try {
      await Promise.race([this.#completed(hook), givenUp.promise]);
    } finally {
      timer.cancel();
    }
    if (timedOut) throw tooLong;
  }

  async #completed(hook: (ctx: PartitionContext) => unknown): Promise<void> {
    await hook(this);
    await Promise.all(this.#published);
  }
}
