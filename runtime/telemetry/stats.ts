/** Counts what happened since the start, under the names of row S-78: per group, and in total. Answers `/stats`. */
import type { Clock } from '../core/clock.ts';
import type { RuntimeEvents } from '../core/events.ts';

/** The keys that other implementations of the same bus report; times are ISO 8601, null when it never happened. */
export interface Stats {
  readonly events_published: number;
  readonly events_consumed: number;
  readonly events_processed_success: number;
  readonly events_processed_failed: number;
  /** Handler calls left out by `dedupe`. */
  readonly duplicates_skipped: number;
  readonly messages_sent_to_dlq: number;
  readonly handler_errors: number;
  readonly reconnections: number;
  readonly rebalance_count: number;
  readonly last_publish_at: string | null;
  readonly last_consume_at: string | null;
  readonly last_error_at: string | null;
  readonly connected_at: string | null;
}

type Counts = { -readonly [K in keyof Stats]: Stats[K] };

export class StatsBoard {
  readonly #clock: Clock;
  readonly #total = zero();
  readonly #groups = new Map<string, Counts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  total(): Stats {
    return { ...this.#total };
  }

  group(name: string): Stats {
    return { ...this.#of(name) };
  }

  /** For `EventHub.listen`. */
  readonly listener = <K extends keyof RuntimeEvents>(name: K, event: RuntimeEvents[K]): void => {
    this.#rules[name]?.(event);
  };

  readonly #rules: { readonly [K in keyof RuntimeEvents]?: (event: RuntimeEvents[K]) => void } = {
    'kafka.reconnected': () => {
      this.#total.reconnections++;
    },
    'kafka.connectionFailed': () => {
      this.#total.last_error_at = this.#now();
    },
    'group.state': ({ group, state }) => {
      if (state !== 'joined') return;
      this.#add(group, (counts) => {
        counts.rebalance_count++;
        counts.connected_at ??= this.#now();
      });
    },
    'records.published': ({ records }) => {
      this.#total.events_published += records;
      this.#total.last_publish_at = this.#now();
    },
    'publish.failed': () => {
      this.#total.last_error_at = this.#now();
    },
    'records.fetched': ({ group, records }) =>
      this.#add(group, (counts) => {
        counts.events_consumed += records;
        counts.last_consume_at = this.#now();
      }),
    'handler.tally': ({ group, tally }) =>
      this.#add(group, (counts) => {
        for (const { count } of tally.handled) counts.events_processed_success += count;
        counts.duplicates_skipped += tally.duplicates ?? 0;
        for (const { errors } of tally.calls) {
          counts.handler_errors += errors;
          if (errors > 0) counts.last_error_at = this.#now();
        }
      }),
    'record.exhausted': ({ group }) =>
      this.#add(group, (counts) => {
        counts.events_processed_failed++;
        counts.last_error_at = this.#now();
      }),
    'record.deadLettered': ({ group }) =>
      this.#add(group, (counts) => {
        counts.messages_sent_to_dlq++;
      }),
  };

  #add(group: string, change: (counts: Counts) => void): void {
    change(this.#of(group));
    change(this.#total);
  }

  #of(group: string): Counts {
    let counts = this.#groups.get(group);
    if (counts === undefined) {
      counts = zero();
      this.#groups.set(group, counts);
    }
    return counts;
  }

  #now(): string {
    return new Date(this.#clock.wallTime()).toISOString();
  }
}

function zero(): Counts {
  return {
    events_published: 0,
    events_consumed: 0,
    events_processed_success: 0,
    events_processed_failed: 0,
    duplicates_skipped: 0,
    messages_sent_to_dlq: 0,
    handler_errors: 0,
    reconnections: 0,
    rebalance_count: 0,
    last_publish_at: null,
    last_consume_at: null,
    last_error_at: null,
    connected_at: null,
  };
}
