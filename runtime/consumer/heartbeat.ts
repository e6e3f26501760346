/**
 * Keeps a membership alive from a timer of its own.
 *
 *   beat ──ok──▶ next one after the interval
 *    ├─ coordinator away, no answer ──▶ again soon, until the session is over
 *    └─ anything else is the membership's to decide (rebalance, fenced, refused)
 *
 * The session is over when no beat succeeded for its length: the broker has given our partitions away by then, whether
 * we can hear it or not. Success counts from when the beat was sent, since the broker counts from when it came.
 */
import type { Clock, Timer } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import { actionFor, fatalError, type RequestKind } from './error-actions.ts';

const againMs = 500; // several tries fit into the shortest session that brokers allow (6 s)

export interface HeartbeatOptions {
  readonly clock: Clock;
  /** Which request it is, for what its error codes mean. */
  readonly request: RequestKind;
  /** Read anew after every beat. */
  readonly intervalMs: number;
  readonly sessionMs: number;
  /** Of a static member, for messages. */
  readonly instanceId: string | null;
  /** Sends one beat. @returns Kafka's error code, 0 when it was accepted @throws KafkaError */
  readonly send: (timeoutMs: number) => Promise<number>;
  readonly verdict: (verdict: HeartbeatVerdict) => void;
  readonly findCoordinator: () => void;
}

export type HeartbeatVerdict =
  | { readonly kind: 'alive' }
  | { readonly kind: 'rebalance' }
  | { readonly kind: 'lost' | 'forgotten'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown };

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: Timer | null = null;
  #aliveAt: number;
  #beating: boolean = false;
  #hurried: boolean = false;
  #stopped: boolean = false;

  /** Begins one interval from now: the membership has just been confirmed. */
  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#aliveAt = options.clock.now();
    this.#schedule(options.intervalMs);
  }

  /** Beats at once. */
  hurry(): void {
    if (this.#beating) this.#hurried = true;
    else this.#schedule(0);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    const leftMs = this.#aliveAt + this.#options.sessionMs - this.#options.clock.now();
    this.#timer = this.#options.clock.after(Math.max(0, Math.min(delayMs, leftMs)), () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const { clock, sessionMs, send, verdict } = this.#options;
    const sentAt = clock.now();
    if (sentAt - this.#aliveAt >= sessionMs) {
      this.stop();
      return verdict({ kind: 'lost', reason: `no heartbeat was answered for ${sessionMs} ms` });
    }
    this.#beating = true;
    const answer = await this.#ask(send, Math.max(1, Math.min(sessionMs / 3, this.#aliveAt + sessionMs - sentAt)));
    this.#beating = false;
    if (this.#stopped) return;
    if (answer.kind === 'alive' || answer.kind === 'rebalance') this.#aliveAt = sentAt;
    const { intervalMs } = this.#options;
    const soon = this.#hurried || answer.kind === 'silent';
    this.#schedule(soon ? Math.min(this.#hurried ? 0 : againMs, intervalMs) : intervalMs);
    this.#hurried = false;
    if (answer.kind !== 'silent') verdict(answer);
  }

  async #ask(
    send: (timeoutMs: number) => Promise<number>,
    timeoutMs: number,
  ): Promise<HeartbeatVerdict | { readonly kind: 'silent' }> {
    try {
      const code = await send(timeoutMs);
      return code === 0 ? { kind: 'alive' } : this.#judge(code);
    } catch (error) {
      // Whether the membership still exists is not known: the session decides. A refusal for good needs no session.
      return error instanceof KafkaError && error.retryable ? { kind: 'silent' } : { kind: 'failed', error };
    }
  }

  #judge(code: number): HeartbeatVerdict | { readonly kind: 'silent' } {
    const action = actionFor(this.#options.request, code);
    if (action === 'drain') return { kind: 'rebalance' };
    if (action === 'lost' || action === 'forgotten') return { kind: action, reason: `heartbeat refused (${code})` };
    if (action === 'fatal')
      return { kind: 'failed', error: fatalError('the heartbeat', code, this.#options.instanceId) };
    if (action === 'findCoordinator') this.#options.findCoordinator();
    return { kind: 'silent' };
  }
}
