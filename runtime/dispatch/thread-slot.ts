/**
 * The place of one handler thread in its group, whichever thread sits in it at the moment.
 *
 *   new ── start ──▶ ready ── died, replace ──▶ replacing ── the next one has started ──▶ ready
 *                      │                            │ ▲ it did not start: again, after a backoff
 *                      └────────── end ─────────────┴─┴──▶ ended
 *
 * Nothing is handed over unless it is ready. The first start fails loudly, since the handlers are at fault; later ones
 * are tried for ever, since they have worked before. A thread that dies soon after its start waits longer for its
 * successor, so that a crash loop does not take the processor from the others.
 */
import { type Backoff, backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import { HandlerError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { Blame, FromThread, RecordsTask, SetDone, ToThread } from '../core/thread-messages.ts';
import type { ThreadPulse } from '../core/thread-pulse.ts';
import type { HandlerThread, MakeThread } from './handler-thread.ts';

export interface ThreadSlotHooks {
  /** @param reply reaches the thread that sent the message, and no successor: numbers of requests begin anew there */
  message(slot: ThreadSlot, message: FromThread, reply: (message: ToThread) => void): void;
  /** The thread is to be replaced. Its end takes as long as a native call holds it. */
  ending(slot: ThreadSlot, reason: string): void;
  /** Nothing of the thread runs or writes any more; its successor is not there yet. @param blame as for `replace` */
  died(slot: ThreadSlot, blame: Blame): void;
  /** A successor did not start; the next one follows. It ran nothing, so nothing that was in flight is to blame. */
  notStarted(slot: ThreadSlot, reason: string): void;
  /** The successor has loaded the handlers. */
  replaced(slot: ThreadSlot): void;
}

const restartBackoff: Backoff = { baseDelayMs: 100, maxDelayMs: 10_000, jitter: 0.2 };
/** A thread that lived this long did not die of what killed the one before it. */
const soundMs = 60_000;

export class ThreadSlot {
  readonly index: number;
  readonly #make: MakeThread;
  readonly #hooks: ThreadSlotHooks;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ending = new AbortController();
  #thread: HandlerThread | null = null;
  #ready: boolean = false;
  #startedAt = 0;
  /** Deaths and failed starts in a row. */
  #failures = 0;

  constructor(index: number, make: MakeThread, hooks: ThreadSlotHooks, clock: Clock, random: Random) {
    this.index = index;
    this.#make = make;
    this.#hooks = hooks;
    this.#clock = clock;
    this.#random = random;
  }

  get ready(): boolean {
    return this.#ready;
  }

  get pulse(): ThreadPulse | null {
    return this.#ready && this.#thread !== null ? this.#thread.pulse : null;
  }

  /** Its handlers want to hear of partitions that come and go, and can. */
  get followsPartitions(): boolean {
    return this.#ready && this.#thread?.followsPartitions === true;
  }

  /** @throws HandlerError `RT_HANDLER_LOAD` */
  async start(): Promise<void> {
    const reply = (message: ToThread): void => {
      if (this.#thread === thread) this.post(message);
    };
    const spoiled: string[] = [];
    const thread = this.#make(this.index, {
      message: (message) => {
        if (this.#thread !== thread) return;
        // Nobody would hear of it otherwise: what is not ready is not replaced.
        if (message.kind === 'tainted' && !this.#ready) spoiled.push(message.reason);
        this.#hooks.message(this, message, reply);
      },
      died: (reason) => {
        if (this.#thread === thread) void this.replace(reason);
      },
    });
    this.#thread = thread;
    await thread.start();
    if (spoiled.length > 0) {
      await thread.kill();
      const message = `the handlers cannot be loaded: ${spoiled[0]}`;
      throw new HandlerError('RT_HANDLER_LOAD', message, { retryable: false });
    }
    this.#ready = !this.#ending.signal.aborted;
    this.#startedAt = this.#clock.now();
  }

  /** Only while `ready`. Rejects when the thread dies first. */
  run(task: RecordsTask): Promise<SetDone> {
    if (this.#thread === null) return Promise.reject(new Error('no thread'));
    return this.#thread.run(task);
  }

  post(message: ToThread): void {
    if (this.#ready) this.#thread?.post(message);
  }

  /**
   * Ends the thread and starts another one in its place. Has no effect while that is under way.
   * @param blame which record this is counted against
   */
  async replace(reason: string, blame: Blame = 'on-stack'): Promise<void> {
    const thread = this.#thread;
    if (!this.#ready || thread === null) return;
    this.#ready = false;
    this.#hooks.ending(this, reason);
    await thread.kill();
    if (this.#ending.signal.aborted) return;
    if (this.#clock.now() - this.#startedAt >= soundMs) this.#failures = 0;
    this.#hooks.died(this, blame);
    await this.#startAgain();
  }

  /** Ends the thread after it has told its last counts. */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#ready = false;
    await this.#thread?.end();
  }

  async #startAgain(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      // The first death in a row costs no wait: most deaths have no second.
      const delayMs = this.#failures === 0 ? 0 : backoffMs(restartBackoff, this.#failures - 1, this.#random);
      this.#failures++;
      if (delayMs > 0) await sleep(this.#clock, delayMs, this.#ending.signal);
      try {
        if (!this.#ending.signal.aborted) await this.start();
      } catch (error) {
        this.#hooks.notStarted(this, toErrorData(error).message);
        continue;
      }
      if (this.#ready) this.#hooks.replaced(this);
      return;
    }
  }
}
