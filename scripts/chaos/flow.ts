/** What the recording says about records by number: which are done, and since when records flow in every partition. */
import type { CallLine } from '../../test/support/history.ts';
import type { Recording } from '../../test/support/recording.ts';
import { numberOf } from './load.ts';

export class Flow {
  readonly #recording: Recording;
  readonly #done = new Set<number>();
  /** Attempts that failed, the highest of each record. */
  readonly #failed = new Map<number, number>();
  #watch: Watch | null = null;

  constructor(recording: Recording) {
    this.#recording = recording;
    recording.listen((call) => this.#see(call));
  }

  isDone(number: number): boolean {
    return this.#done.has(number);
  }

  attemptsFailed(number: number): number {
    return this.#failed.get(number) ?? 0;
  }

  /** How often a record did harm to its thread. */
  get harms(): number {
    return this.#recording.threads().filter(({ kind }) => kind === 'harm').length;
  }

  /** Begins to look for records from this number on. */
  watch(from: number): void {
    this.#watch = { from, firstUs: new Map() };
  }

  /** @returns when the last partition began to flow again; null when one has not yet. Monotonic microseconds. */
  flowsSinceUs(partitions: number): number | null {
    this.#recording.follow();
    const times = [...(this.#watch?.firstUs.values() ?? [])];
    return times.length < partitions ? null : Math.max(...times);
  }

  #see(call: CallLine): void {
    if (call.kind !== 'end') return;
    const number = numberOf(call);
    if (call.outcome === 'failed') {
      this.#failed.set(number, Math.max(this.attemptsFailed(number), call.attempt));
      return;
    }
    this.#done.add(number);
    const watch = this.#watch;
    if (watch !== null && number >= watch.from && !watch.firstUs.has(call.partition))
      watch.firstUs.set(call.partition, call.timeUs);
  }
}

interface Watch {
  readonly from: number;
  /** By partition. */
  readonly firstUs: Map<number, number>;
}
