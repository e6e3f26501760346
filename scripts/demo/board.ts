/** Counts what the demo shows: per group and event type, and the latest things that did not go smoothly. */
import type { Clock } from '../../runtime/core/clock.ts';
import type { RecordPlace, RuntimeEvents } from '../../runtime/core/events.ts';

export interface Row {
  readonly group: string;
  readonly type: string;
  readonly handled: number;
  readonly retried: number;
  readonly deadLettered: number;
}

export interface Incident {
  /** Wall time, milliseconds. */
  readonly at: number;
  readonly kind: string;
  readonly text: string;
}

const incidentsMax = 8;
/** The rate is the mean over this time. */
const rateWindowMs = 5_000;

type Counts = { -readonly [K in keyof Row]: Row[K] };

export class Board {
  readonly #clock: Clock;
  readonly #rows = new Map<string, Counts>();
  #incidents: readonly Incident[] = [];
  #samples: { readonly at: number; readonly handled: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  rows(): readonly Row[] {
    return [...this.#rows.values()].toSorted((a, b) => a.group.localeCompare(b.group) || a.type.localeCompare(b.type));
  }

  total(): Omit<Row, 'group' | 'type'> {
    const total = { handled: 0, retried: 0, deadLettered: 0 };
    for (const row of this.#rows.values()) {
      total.handled += row.handled;
      total.retried += row.retried;
      total.deadLettered += row.deadLettered;
    }
    return total;
  }

  /** Newest first. */
  incidents(): readonly Incident[] {
    return this.#incidents;
  }

  /** Handled records per second, lately. Call it at a steady pace. */
  rate(): number {
    const now = this.#clock.now();
    const { handled } = this.total();
    this.#samples = [...this.#samples.filter(({ at }) => now - at <= rateWindowMs), { at: now, handled }];
    const first = this.#samples[0]!;
    return now === first.at ? 0 : ((handled - first.handled) / (now - first.at)) * 1000;
  }

  /** For `EventHub.listen`. */
  readonly listener = <K extends keyof RuntimeEvents>(name: K, event: RuntimeEvents[K]): void => {
    this.#rules[name]?.(event);
  };

  readonly #rules: { readonly [K in keyof RuntimeEvents]?: (event: RuntimeEvents[K]) => void } = {
    'handler.tally': ({ group, tally }) => {
      for (const { type, count } of tally.handled) this.#row(group, type).handled += count;
    },
    'record.retried': (event) => {
      this.#row(event.group, event.type).retried++;
      const { attempt, error } = event;
      this.#tell(
        'retried',
        `${nameOf(event)}: ${error.message} (attempt ${attempt}, next in ${Math.round(event.delayMs)} ms)`,
      );
    },
    'record.deadLettered': (event) => {
      this.#row(event.group, event.type).deadLettered++;
      this.#tell('dead letter', `${nameOf(event)}: ${event.reason} (${event.errorType})`);
    },
    'deadLetter.failed': (event) => this.#tell('blocked', `${nameOf(event)} ${event.message}`),
    'group.failed': ({ group, message }) => this.#tell('group failed', `${group}: ${message}`),
    'kafka.connectionFailed': ({ node, message }) => this.#tell('connection', `${node}: ${message}`),
    'thread.died': ({ group, reason }) => this.#tell('thread died', `${group}: ${reason}`),
  };

  #row(group: string, type: string | null): Counts {
    const name = type ?? '(no type)';
    const key = `${group}\n${name}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = { group, type: name, handled: 0, retried: 0, deadLettered: 0 };
      this.#rows.set(key, row);
    }
    return row;
  }

  #tell(kind: string, text: string): void {
    this.#incidents = [{ at: this.#clock.wallTime(), kind, text }, ...this.#incidents].slice(0, incidentsMax);
  }
}

function nameOf(event: RecordPlace): string {
  return `${event.group} ${event.type ?? '(no type)'} ${event.partition}@${event.offset}`;
}
