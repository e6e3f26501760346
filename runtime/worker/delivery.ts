/**
 * One record that could not be finished in one go: it waits in a lane, for a promise, for its retry or for its dead
 * letter. A record whose only handler returns at once has no delivery.
 *
 *   queued ──▶ running ──all handlers succeeded──▶ over
 *                │  ▲
 *           failed  └──── waiting (backoff)
 *                │            ▲
 *                ├──again─────┘
 *                └──given up──▶ reported ──settled──▶ over
 *
 * The lane is held from `running` until `over`. When the epoch ends, every state goes to `over`, and nothing that comes
 * later (timer, promise, settled) has an effect.
 */
import type { Clock, Timer } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import { HandlerError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { AbortReason, DeadLetterReason } from '../core/thread-messages.ts';
import type { RecordBatch } from '../protocol/records/record-batch.ts';
import type { CallOutcome, HandlerCall } from './handler-call.ts';
import type { Lane } from './lane.ts';
import { decideRetry, type Failure, type RetryLimits } from './retry-decision.ts';
import type { Route, RouteHandler } from './routes.ts';
import type { SetRun } from './set-run.ts';

/** What a delivery asks of its partition. */
export interface DeliveryHost {
  readonly clock: Clock;
  readonly random: Random;
  /** For a failure before any handler was called. */
  readonly limits: RetryLimits;
  /** One more call of one handler. */
  call(delivery: Delivery, handler: RouteHandler): CallOutcome;
  /** A call did not end at once. */
  callStarted(delivery: Delivery, call: HandlerCall): void;
  /** @returns what it failed of, null for success */
  callSettled(delivery: Delivery, call: HandlerCall, thrown: unknown, failed: boolean): Failure | null;
  /** All handlers were called and have settled. */
  attemptOver(delivery: Delivery): void;
  /** The attempt failed, and the next one comes after `delayMs`. */
  retrying(delivery: Delivery, delayMs: number, failure: Failure): void;
  /** `start` is wanted, as soon as there is a slot. */
  makeReady(delivery: Delivery): void;
  /** No attempt is left; `settle` is wanted, as soon as the outcome is final. */
  exhausted(delivery: Delivery, reason: DeadLetterReason, failure: Failure, attempts: number, hold: boolean): void;
  /** A rule passes the record over; it counts as finished. */
  skipped(): void;
  /** The record is finished: handled, or its outcome is final. The next one of its lane may start. */
  finished(delivery: Delivery, succeeded: boolean): void;
}

export class Delivery {
  readonly set: SetRun;
  readonly batch: RecordBatch;
  readonly index: number;
  readonly offset: number;
  readonly route: Route;
  readonly #host: DeliveryHost;
  lane: Lane<Delivery> | null = null;
  /** Link of the lane's queue. */
  next: Delivery | null = null;
  /** Number of the attempt that is under way or comes next. */
  attempt = 1;
  /** Attempts in a row that failed of something that is away: they are not counted. */
  #outages = 0;
  #state: 'queued' | 'running' | 'waiting' | 'reported' | 'over' = 'queued';
  #call: HandlerCall | null = null;
  #timer: Timer | null = null;
  /** Handlers that succeeded for this record: they do not run again (D-10). */
  #succeeded: Set<RouteHandler> | null = null;
  #failure: Failure | null = null;
  #limits: RetryLimits | null = null;

  constructor(host: DeliveryHost, set: SetRun, batch: RecordBatch, index: number, offset: number, route: Route) {
    this.#host = host;
    this.set = set;
    this.batch = batch;
    this.index = index;
    this.offset = offset;
    this.route = route;
  }

  get over(): boolean {
    return this.#state === 'over';
  }

  /** Begins an attempt. */
  start(): void {
    if (this.#state === 'over') return;
    this.#state = 'running';
    this.#failure = this.route.refused;
    this.#runFrom(0);
  }

  /** Goes on from the first handler's call, which was made before anybody knew that it would not end at once. */
  adopt(outcome: CallOutcome): void {
    this.#state = 'running';
    this.#next(0, outcome);
  }

  #runFrom(position: number): void {
    const handler = this.route.handlers[position];
    if (handler === undefined) this.#attemptOver();
    else if (this.#succeeded?.has(handler)) this.#runFrom(position + 1);
    else this.#next(position, this.#host.call(this, handler));
  }

  #next(position: number, outcome: CallOutcome): void {
    if (outcome !== null && !('kind' in outcome)) {
      this.#wait(position, outcome);
      return;
    }
    this.#note(position, outcome);
    this.#runFrom(position + 1);
  }

  #wait(position: number, call: HandlerCall): void {
    this.#call = call;
    this.#host.callStarted(this, call);
    const settled = (thrown: unknown, failed: boolean): void => {
      this.#call = null;
      const failure = this.#host.callSettled(this, call, thrown, failed);
      if (this.#state !== 'running') return;
      this.#note(position, call.aborted && failure?.kind !== 'unavailable' ? timedOut(call) : failure);
      this.#runFrom(position + 1);
    };
    call.settled(
      () => settled(undefined, false),
      (thrown) => settled(thrown, true),
    );
  }

  /** Every handler gets its call; then the first one that failed decides what becomes of the record. */
  #note(position: number, failure: Failure | null): void {
    const handler = this.route.handlers[position]!;
    if (failure === null) {
      this.#succeeded ??= new Set();
      this.#succeeded.add(handler);
    } else if (this.#failure === null) {
      this.#failure = failure;
      this.#limits = handler.retry;
    }
  }

  #attemptOver(): void {
    this.#host.attemptOver(this);
    const failure = this.#failure;
    if (failure === null) {
      this.#finish(true);
      return;
    }
    const isOutage = failure.kind === 'unavailable';
    this.#outages = isOutage ? this.#outages + 1 : 0;
    const attempts = isOutage ? this.#outages : this.attempt;
    const decision = decideRetry(failure, attempts, this.#limits ?? this.#host.limits, this.#host.random);
    switch (decision.kind) {
      case 'retry':
        this.#waitFor(decision.delayMs, failure);
        return;
      case 'exhausted':
        this.report(decision.reason, failure, this.attempt, decision.hold);
        return;
      case 'skipped':
        this.#host.skipped();
        this.#finish(false);
        return;
      default:
        decision satisfies never;
    }
  }

  #waitFor(delayMs: number, failure: Failure): void {
    this.#state = 'waiting';
    this.#host.retrying(this, delayMs, failure);
    this.#timer = this.#host.clock.after(delayMs, () => {
      this.#timer = null;
      if (failure.kind !== 'unavailable') this.attempt++;
      this.#host.makeReady(this);
    });
  }

  /** Hands the record over to be dead-lettered. It stays unfinished, and its lane held, until it is settled. */
  report(reason: DeadLetterReason, failure: Failure, attempts: number, hold: boolean = false): void {
    this.#state = 'reported';
    this.#host.exhausted(this, reason, failure, attempts, hold);
  }

  /** The outcome is final. */
  settle(): void {
    if (this.#state === 'reported') this.#finish(false);
  }

  #finish(succeeded: boolean): void {
    this.#state = 'over';
    this.#host.finished(this, succeeded);
  }

  /** The epoch is over. */
  end(reason: AbortReason, now: number): void {
    this.#state = 'over';
    this.#timer?.cancel();
    this.#timer = null;
    this.#call?.abort(reason, now);
  }
}

function timedOut(call: HandlerCall): Failure {
  const { file, timeoutMs } = call.handler;
  const message = `${file}: "${call.event.type}" ran longer than ${timeoutMs} ms (timeouts.handler)`;
  return { kind: 'thrown', error: toErrorData(new HandlerError('RT_HANDLER_TIMEOUT', message, { retryable: true })) };
}
