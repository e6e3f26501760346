/**
 * What one handler call may ask for. Made for every call, so it holds references only; signal, logger and deadline come
 * into being when they are asked for.
 */
import type { Clock } from '../core/clock.ts';
import { HandlerError } from '../core/errors.ts';
import type { AbortReason, PublishOptions } from '../core/thread-messages.ts';
import type { Context, Logger, Transaction } from '../handler/context.ts';
import { toRecord } from '../handler/envelope.ts';
import type { OutboundEvent, Published } from '../handler/outbound-event.ts';
import type { OutboundCheck } from '../schemas/outbound-check.ts';
import { createLogger, type LogSink } from './handler-log.ts';
import type { Publisher } from './publisher.ts';
import { headerOf, placeOf, type RecordEvent } from './record-event.ts';
import type { RouteHandler } from './routes.ts';

/** What all calls of a thread share. */
export interface CallServices extends LogSink {
  readonly group: string;
  /** `GroupSettings.replay`. */
  readonly replay: boolean;
  readonly clock: Clock;
  readonly publisher: Publisher;
  readonly newId: () => string;
  /** Whether what is published is what its type says; null where nobody has said. */
  readonly outbound: OutboundCheck | null;
}

/** Thrown by `ctx.deadLetter`. */
export class DeadLetterRequest extends Error {
  override readonly name = 'DeadLetterRequest';
  readonly #ours = true;

  /** Not by `instanceof`: a handler may throw a proxy, whose traps would throw in the runner (row R21). */
  static is(thrown: unknown): boolean {
    return typeof thrown === 'object' && thrown !== null && #ours in thrown;
  }
}

/** A promise that knows whether anybody waits for it: a failure that nobody sees must fail the attempt. */
class Publication extends Promise<readonly Published[]> {
  watched = false;
  /** Rejects it, unless it has settled. */
  giveUp: (error: Error) => void = () => {};

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting it is what is to be noticed
  override then<A = readonly Published[], B = never>(
    onResolved?: ((value: readonly Published[]) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.watched = true;
    return super.then(onResolved, onRejected);
  }
}

/** For the runner, and out of the handler's reach. */
let abortCall: (context: CallContext, reason: AbortReason) => void;
let publicationsOf: (context: CallContext) => readonly Publication[] | null;
let isAborted: (context: CallContext) => boolean;
let giveTransaction: (context: CallContext, tx: Transaction) => void;

export class CallContext implements Context {
  readonly #services: CallServices;
  readonly #event: RecordEvent;
  readonly #epoch: number;
  readonly #handler: RouteHandler;
  readonly #startedAt: number;
  readonly attempt: number;
  #abort: AbortController | null = null;
  #abortedFor: AbortReason | null = null;
  #publications: Publication[] | null = null;
  #tx: Transaction | undefined = undefined;

  static {
    abortCall = (context, reason) => {
      context.#abortedFor ??= reason;
      // A handler that waits for Kafka cannot look at its signal: it would seem to ignore it, and cost its thread.
      for (const publication of context.#publications ?? []) publication.giveUp(aborted(context.#abortedFor));
      context.#abort?.abort(context.#abortedFor);
    };
    publicationsOf = (context) => context.#publications;
    isAborted = (context) => context.#abortedFor !== null;
    giveTransaction = (context, tx) => {
      context.#tx = tx;
    };
  }

  /** @param attempt from 1 @param startedAt milliseconds of the clock */
  constructor(
    services: CallServices,
    event: RecordEvent,
    epoch: number,
    handler: RouteHandler,
    attempt: number,
    startedAt: number,
  ) {
    this.attempt = attempt;
    this.#services = services;
    this.#event = event;
    this.#epoch = epoch;
    this.#handler = handler;
    this.#startedAt = startedAt;
  }

  get group(): string {
    return this.#services.group;
  }

  get maxRetries(): number {
    return this.#handler.retry.maxRetries;
  }

  get isReplay(): boolean {
    return this.#services.replay || this.replayCount > 0;
  }

  get replayCount(): number {
    const count = Number(headerOf(this.#event, 'replayCount') ?? 0);
    return Number.isSafeInteger(count) && count > 0 ? count : 0;
  }

  get deadline(): Date {
    const { clock } = this.#services;
    return new Date(clock.wallTime() + this.#startedAt + this.#handler.timeoutMs - clock.now());
  }

  get signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#abortedFor !== null) this.#abort.abort(this.#abortedFor);
    }
    return this.#abort.signal;
  }

  get fence(): { readonly topic: string; readonly partition: number; readonly epoch: number } {
    return { topic: this.#event.topic, partition: this.#event.partition, epoch: this.#epoch };
  }

  get tx(): Transaction | undefined {
    return this.#tx;
  }

  get log(): Logger {
    return createLogger(this.#services, placeOf(this.#event), this.attempt);
  }

  publish(
    events: OutboundEvent | readonly OutboundEvent[],
    options: PublishOptions = {},
  ): Promise<readonly Published[]> {
    let giveUp: Publication['giveUp'] | null = null;
    const publication = new Publication((resolve, reject) => {
      giveUp = reject;
      if (this.#abortedFor !== null) throw aborted(this.#abortedFor);
      const { clock, newId, publisher, outbound } = this.#services;
      const list: readonly OutboundEvent[] = Array.isArray(events) ? events : [events];
      const records = list.map((event) => toRecord(event, this.#event, clock.wallTime(), newId));
      // All of them before the first one is on its way.
      if (outbound !== null) for (const record of records) outbound(record);
      publisher.publish(records, options.background).then(resolve, reject);
    });
    if (giveUp !== null) publication.giveUp = giveUp;
    // Seen by us in any case: an unhandled rejection would cost the whole thread.
    Promise.prototype.then.call(publication, undefined, () => {});
    this.#publications ??= [];
    this.#publications.push(publication);
    return publication;
  }

  deadLetter(reason: string, detail?: unknown): never {
    throw new DeadLetterRequest(detail === undefined ? reason : `${reason}: ${shown(detail)}`);
  }
}

export { abortCall, giveTransaction, isAborted, type Publication, publicationsOf };

/** Waits for what the handler did not wait for. @throws the failure of a publish that nobody waited for */
export async function acknowledged(publications: readonly Publication[]): Promise<void> {
  for (const publication of publications) {
    const { watched } = publication;
    try {
      await publication;
    } catch (error) {
      // The handler saw this one and resolved all the same: its decision.
      if (!watched) throw error;
    }
  }
}

function aborted(reason: AbortReason): HandlerError {
  const message = `publish: this call was aborted (${reason}); its record runs again, and what it has sent may be written`;
  return new HandlerError('RT_HANDLER_ABORTED', message, { retryable: true });
}

function shown(detail: unknown): string {
  try {
    return typeof detail === 'string' ? detail : String(JSON.stringify(detail));
  } catch {
    return String(detail);
  }
}
