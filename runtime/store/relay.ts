/**
 * Publishes what waits in the outbox: in order per lane, at least once, however it ends.
 *
 *   follower ──lock is free──▶ leader: read a page ─▶ publish each lane, one record after the other ─▶ next page
 *      ▲                          │                     acknowledged? remove the row; refused? the lane waits, others go on
 *      └──connection broke────────┘
 *
 * A row is removed after its record was acknowledged, never before: who dies in between publishes it again. A lane's
 * later rows are not read while an earlier one waits, so a lane may repeat a stretch, and never skips or swaps.
 *
 * One relay of a store leads at a time; any number of processes may try. A leader that was cut off from the database may
 * still have a page on its way while the next one leads: then a stretch is repeated too. Handlers tell by the event's id.
 */
import { type Backoff, backoffMs } from '../core/backoff.ts';
import { type Clock, sleep, systemClock } from '../core/clock.ts';
import { type Random, systemRandom } from '../core/random.ts';
import type { OutboundRecord } from '../core/thread-messages.ts';
import { type QueuedRecord, readOutbox, removeFromOutbox } from './outbox.ts';
import type { Database, Sql } from './sql.ts';

/**
 * Writes records. Resolves when Kafka has acknowledged all of them (acks all), rejects when one is not written. It gets one
 * record of a lane at a time, and the next one only after that: a producer that is given several may well write what is
 * behind one that Kafka refuses. Several lanes are published at once.
 */
export type PublishRecords = (records: readonly OutboundRecord[], signal: AbortSignal) => Promise<unknown>;

export interface RelayOptions {
  readonly database: Database;
  readonly publish: PublishRecords;
  /** Told of every failure; the relay goes on by itself. */
  readonly onFailure?: (failure: RelayFailure) => void;
  /** How often it looks for records that nobody woke it for, and for a lock that is free. Default 200 ms. */
  readonly pollMs?: number;
  /** Most records of a page. Default 500. */
  readonly pageRecords?: number;
  readonly backoff?: Backoff;
  readonly clock?: Clock;
  readonly random?: Random;
}

export type RelayFailure =
  /** The first of these records was not acknowledged; its lane waits, with all of them. */
  | { readonly kind: 'publish'; readonly records: readonly OutboundRecord[]; readonly error: unknown }
  /** The database did not answer, or took the lock away. */
  | { readonly kind: 'store'; readonly error: unknown };

export interface Relay {
  /** Leads or follows until `signal` is aborted, then waits for what is being published. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Looks at once: somebody has written to the outbox. */
  wake(): void;
}

/** A lane whose last publish failed. */
interface WaitingLane {
  readonly failures: number;
  readonly untilMs: number;
}

/** Beyond it something else than single records is wrong, and everything waits. */
const waitingLanesMax = 1_000;

const defaultBackoff: Backoff = { baseDelayMs: 200, maxDelayMs: 30_000, jitter: 0.2 };

export function createRelay(options: RelayOptions): Relay {
  return new OutboxRelay(options);
}

class OutboxRelay implements Relay {
  readonly #database: Database;
  readonly #publish: PublishRecords;
  readonly #onFailure: (failure: RelayFailure) => void;
  readonly #pollMs: number;
  readonly #pageRecords: number;
  readonly #backoff: Backoff;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #waiting = new Map<string, WaitingLane>();
  /** Ends the current pause. A call between two pauses is kept in `#awake`. */
  #endPause: () => void = () => {};
  #awake = false;

  constructor(options: RelayOptions) {
    this.#database = options.database;
    this.#publish = options.publish;
    this.#onFailure = options.onFailure ?? (() => {});
    this.#pollMs = options.pollMs ?? 200;
    this.#pageRecords = options.pageRecords ?? 500;
    this.#backoff = options.backoff ?? defaultBackoff;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
  }

  wake(): void {
    this.#awake = true;
    this.#endPause();
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#database.exclusively('store_outbox', (sql, lost) =>
          this.#lead(sql, AbortSignal.any([signal, lost])),
        );
        failures = 0;
      } catch (error) {
        this.#onFailure({ kind: 'store', error });
        await sleep(this.#clock, backoffMs(this.#backoff, failures++, this.#random), signal);
        continue;
      }
      // Somebody else leads: whoever wakes this relay here wakes it in vain.
      await sleep(this.#clock, this.#pollMs, signal);
    }
  }

  async #lead(sql: Sql, signal: AbortSignal): Promise<void> {
    this.#waiting.clear();
    while (!signal.aborted) {
      const page = await readOutbox(sql, this.#pageRecords, this.#lanesThatWait());
      if (page.length > 0) await this.#relayPage(sql, page, signal);
      const isAll = page.length < this.#pageRecords;
      if (isAll) this.#forgetLanesWithout(page);
      if (isAll || this.#waiting.size >= waitingLanesMax) await this.#pause(this.#pauseMs(), signal);
    }
  }

  async #relayPage(sql: Sql, page: readonly QueuedRecord[], signal: AbortSignal): Promise<void> {
    const lanes = [...Map.groupBy(page, ({ lane }) => lane)];
    const counts = await Promise.all(lanes.map(([lane, rows]) => this.#publishLane(lane, rows, signal)));
    const written = lanes.flatMap(([, rows], index) => rows.slice(0, counts[index]));
    await removeFromOutbox(
      sql,
      written.map(({ id }) => id),
    );
  }

  /** Stops at the first record that is not acknowledged. @returns how many are */
  async #publishLane(lane: string, rows: readonly QueuedRecord[], signal: AbortSignal): Promise<number> {
    for (const [index, { record }] of rows.entries()) {
      if (signal.aborted) return index;
      try {
        await this.#publish([record], signal);
        this.#waiting.delete(lane);
      } catch (error) {
        const failures = this.#waiting.get(lane)?.failures ?? 0;
        const untilMs = this.#clock.now() + backoffMs(this.#backoff, failures, this.#random);
        this.#waiting.set(lane, { failures: failures + 1, untilMs });
        this.#onFailure({ kind: 'publish', records: rows.slice(index).map((row) => row.record), error });
        return index;
      }
    }
    return rows.length;
  }

  #lanesThatWait(): readonly string[] {
    const nowMs = this.#clock.now();
    return [...this.#waiting].filter(([, { untilMs }]) => untilMs > nowMs).map(([lane]) => lane);
  }

  /** Somebody has removed the rows of a lane by hand. @param page all rows that were to be read */
  #forgetLanesWithout(page: readonly QueuedRecord[]): void {
    const held = new Set([...page.map(({ lane }) => lane), ...this.#lanesThatWait()]);
    for (const lane of this.#waiting.keys()) if (!held.has(lane)) this.#waiting.delete(lane);
  }

  /** To the next poll, or to the end of the first lane's wait. */
  #pauseMs(): number {
    const nowMs = this.#clock.now();
    return Math.min(this.#pollMs, ...[...this.#waiting.values()].map(({ untilMs }) => Math.max(1, untilMs - nowMs)));
  }

  async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#awake) {
      const woken = new AbortController();
      this.#endPause = () => woken.abort();
      await sleep(this.#clock, delayMs, AbortSignal.any([signal, woken.signal]));
      this.#endPause = () => {};
    }
    this.#awake = false;
  }
}
