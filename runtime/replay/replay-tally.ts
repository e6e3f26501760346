/** Counts what a replay does with records, and notices when it can never come to its end. */
import { KafkaError } from '../core/errors.ts';
import type { Listener, RuntimeEvents } from '../core/events.ts';
import { partitionKey } from '../core/record-set.ts';

export interface ReplayCounts {
  /** Records whose handlers succeeded. */
  readonly handled: number;
  /** Records that no handler takes. */
  readonly skipped: number;
  readonly deadLettered: number;
}

export class ReplayTally {
  #handled = 0;
  #skipped = 0;
  #deadLettered = 0;
  #problem: KafkaError | null = null;
  readonly #stuck = new AbortController();

  readonly listener: Listener = (name, event) => {
    switch (name) {
      case 'handler.tally': {
        const { tally } = event as RuntimeEvents['handler.tally'];
        this.#handled += tally.handled.reduce((sum, { count }) => sum + count, 0);
        this.#skipped += tally.skipped;
        return;
      }
      case 'record.deadLettered':
        this.#deadLettered++;
        return;
      case 'record.held': {
        const { offset, reason, ...place } = event as RuntimeEvents['record.held'];
        this.#stop(`record ${partitionKey(place)} at ${offset} is held (${reason}), and with it its key`);
        return;
      }
      case 'partition.stopped': {
        const { offset, reason, ...place } = event as RuntimeEvents['partition.stopped'];
        this.#stop(`partition ${partitionKey(place)} cannot be read from ${offset} on: ${reason}`);
        return;
      }
      default:
    }
  };

  get counts(): ReplayCounts {
    return { handled: this.#handled, skipped: this.#skipped, deadLettered: this.#deadLettered };
  }

  /** Aborted when some record waits for an operator. */
  get stuck(): AbortSignal {
    return this.#stuck.signal;
  }

  /** Why it is stuck. */
  get problem(): KafkaError | null {
    return this.#problem;
  }

  #stop(what: string): void {
    this.#problem ??= new KafkaError('RT_GROUP_FAILED', `${what}: the replay cannot come to its end`, {
      retryable: false,
    });
    this.#stuck.abort();
  }
}
