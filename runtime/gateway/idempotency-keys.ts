/**
 * What became of requests that carried a key, so that a repeat gets the first answer and writes nothing (S-37).
 *
 *   (unknown) ──begin──▶ under way ──accepted──▶ answered ──ttl, or `max` others later──▶ (unknown)
 *                            └──refused: nothing was written──▶ (unknown)
 *
 * A key under way is never forgotten before it is known whether its event was written; how many those are is bounded by
 * the requests under way and the producer's buffer, the others by `max`. One process: another one knows nothing of them.
 */
import type { Clock } from '../core/clock.ts';
import type { IdempotencySettings } from '../core/gateway-settings.ts';
import type { Accepted, Answer } from './answer.ts';

/** `conflict`: the key belongs to another request. */
export type KeyState =
  | { readonly kind: 'unknown' | 'conflict' }
  | { readonly kind: 'underWay'; readonly answer: Promise<Answer> }
  | { readonly kind: 'answered'; readonly answer: Accepted };

interface UnderWay {
  readonly fingerprint: string;
  readonly answer: Promise<Answer>;
}

interface Answered {
  readonly fingerprint: string;
  readonly answer: Accepted;
  /** Clock time. */
  readonly until: number;
}

export class IdempotencyKeys {
  readonly #settings: Pick<IdempotencySettings, 'ttlMs' | 'max'>;
  readonly #clock: Clock;
  readonly #underWay = new Map<string, UnderWay>();
  /** In the order of their answers, so the first one is the first to be forgotten. */
  readonly #answered = new Map<string, Answered>();

  constructor(settings: Pick<IdempotencySettings, 'ttlMs' | 'max'>, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /** Answers that are kept. */
  get size(): number {
    return this.#answered.size;
  }

  /** @param key with the route it belongs to @param fingerprint equal for equal requests */
  find(key: string, fingerprint: string): KeyState {
    this.#forgetOld();
    const known = this.#underWay.get(key) ?? this.#answered.get(key);
    if (known === undefined) return { kind: 'unknown' };
    if (known.fingerprint !== fingerprint) return { kind: 'conflict' };
    const { answer } = known;
    return answer instanceof Promise ? { kind: 'underWay', answer } : { kind: 'answered', answer };
  }

  /** @param answer of the first request with this key; never rejects */
  begin(key: string, fingerprint: string, answer: Promise<Answer>): void {
    this.#underWay.set(key, { fingerprint, answer });
    void answer.then((settled) => {
      this.#underWay.delete(key);
      if (settled.kind !== 'accepted') return;
      this.#answered.set(key, { fingerprint, answer: settled, until: this.#clock.now() + this.#settings.ttlMs });
      this.#forgetOld();
    });
  }

  #forgetOld(): void {
    const now = this.#clock.now();
    for (const [key, { until }] of this.#answered) {
      if (until > now && this.#answered.size <= this.#settings.max) return;
      this.#answered.delete(key);
    }
  }
}
