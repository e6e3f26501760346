/** Which faults a request to the simulated Kafka meets, drawn by the seed. */
import type { Random } from '../../../runtime/core/random.ts';

export type Fault =
  | { readonly kind: 'none' }
  /** The connection ends before the request is read. */
  | { readonly kind: 'refused' }
  /** The request is served, and the connection ends before its answer comes. */
  | { readonly kind: 'answerLost' }
  | { readonly kind: 'error'; readonly code: number }
  | { readonly kind: 'slow'; readonly delayMs: number };

/** Codes that pass, that take a membership away, or (29, authorization) that no producer tries again by itself. */
const codes: Readonly<Record<string, readonly number[]>> = {
  Fetch: [5, 6, 7],
  Produce: [6, 7, 19, 20, 29, 29],
  ListOffsets: [6, 7],
  OffsetFetch: [14, 16],
  OffsetCommit: [7, 14, 15, 16, 22, 25, 27],
  FindCoordinator: [15],
  JoinGroup: [14, 15, 16, 25],
  SyncGroup: [14, 15, 16, 22, 25, 27],
  Heartbeat: [15, 16, 22, 25, 27],
  ConsumerGroupHeartbeat: [14, 15, 16, 25, 110],
  InitProducerId: [14, 15, 16],
};

/** Requests that are rare meet more faults than their share: what goes wrong with them twice would never be seen. */
const often: Readonly<Record<string, number>> = { Produce: 4, OffsetFetch: 2, OffsetCommit: 2 };

export class Faults {
  readonly #random: Random;
  readonly #share: number;

  /** @param share of the requests that meet a fault, 0 to 1 */
  constructor(random: Random, share: number) {
    this.#random = random;
    this.#share = share;
  }

  /** For the next request of this API. */
  draw(api: string): Fault {
    const random = this.#random;
    if (random() >= this.#share * (often[api] ?? 1)) return { kind: 'none' };
    const kind = random();
    const known = codes[api];
    if (kind < 0.15) return { kind: 'refused' };
    if (kind < 0.45) return { kind: 'answerLost' };
    if (kind < 0.6 || known === undefined) return { kind: 'slow', delayMs: random() * 8_000 };
    return { kind: 'error', code: known[Math.floor(random() * known.length)]! };
  }
}
