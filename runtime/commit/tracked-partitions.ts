/**
 * The partitions that are committed for, each under the epoch of its assignment, and what is due for them.
 *
 *   (none) ── open ──▶ tracked ── forget ──▶ (none)
 *             ▲           │ rewind
 *             └─ open ─ rewound       its memory is given back; what was finished is kept for the next epoch
 *
 * Due is what the checkpoint has passed and Kafka has not acknowledged. A partition whose membership is gone (`fence`)
 * has nothing due any more. Not responsible for when anything is sent.
 */
import type { Progress } from '../core/progress.ts';
import { partitionKey, type RecordSet, type TopicPartition } from '../core/record-set.ts';
import type { CommitOffset } from '../core/stages.ts';
import { Checkpoint } from './checkpoint.ts';

interface Tracked extends TopicPartition {
  readonly epoch: number;
  readonly checkpoint: Checkpoint;
  /** Highest offset that Kafka has acknowledged, or where the assignment began. */
  committed: number;
  fenced: boolean;
}

interface Rewound {
  readonly committed: number;
  readonly finished: readonly number[];
}

export class TrackedPartitions {
  readonly #release: (progress: Progress) => void;
  readonly #tracked = new Map<string, Tracked>();
  readonly #rewound = new Map<string, Rewound>();

  /** @param release gets the progress memory of a set that is not followed any more */
  constructor(release: (progress: Progress) => void) {
    this.#release = release;
  }

  open({ topic, partition }: TopicPartition, epoch: number, position: number): void {
    const key = partitionKey({ topic, partition });
    const before = this.#rewound.get(key);
    this.#drop(key);
    const checkpoint = new Checkpoint(position, this.#release, before?.finished);
    // What was finished before the rewind and not yet committed is below the new position: it is still due.
    const committed = Math.min(position, before?.committed ?? position);
    this.#tracked.set(key, { topic, partition, epoch, checkpoint, committed, fenced: false });
  }

  track(set: RecordSet): void {
    const tracked = this.#current(set);
    if (tracked === undefined) this.#release(set.progress);
    else tracked.checkpoint.track(set);
  }

  rewind(partition: TopicPartition): { readonly checkpoint: number; readonly finished: readonly number[] } | null {
    const key = partitionKey(partition);
    const tracked = this.#tracked.get(key);
    if (tracked === undefined) return null;
    const finished = tracked.checkpoint.finishedBeyond();
    const checkpoint = tracked.checkpoint.read();
    this.#drop(key);
    this.#rewound.set(key, { committed: tracked.committed, finished });
    return { checkpoint, finished };
  }

  forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#drop(partitionKey(partition));
  }

  clear(): void {
    for (const key of [...this.#tracked.keys(), ...this.#rewound.keys()]) this.#drop(key);
  }

  /** Offsets that may be committed now, read from shared memory. @param only these partitions, all when missing */
  due(only?: readonly TopicPartition[]): readonly CommitOffset[] {
    const offsets: CommitOffset[] = [];
    for (const { topic, partition } of only ?? this.#tracked.values()) {
      const tracked = this.#tracked.get(partitionKey({ topic, partition }));
      if (tracked === undefined || tracked.fenced) continue;
      const offset = tracked.checkpoint.read();
      if (offset > tracked.committed) offsets.push({ topic, partition, epoch: tracked.epoch, offset });
    }
    return offsets;
  }

  /** How many offsets are due, over all partitions. */
  get dueCount(): number {
    let count = 0;
    for (const tracked of this.#tracked.values()) {
      if (!tracked.fenced) count += tracked.checkpoint.read() - tracked.committed;
    }
    return count;
  }

  acknowledge(offsets: readonly CommitOffset[]): void {
    for (const offset of offsets) {
      const tracked = this.#current(offset);
      if (tracked !== undefined) tracked.committed = Math.max(tracked.committed, offset.offset);
    }
  }

  /** The membership behind these offsets is gone: until the partition is opened anew nothing is due. */
  fence(offsets: readonly CommitOffset[]): void {
    for (const offset of offsets) {
      const tracked = this.#current(offset);
      if (tracked !== undefined) tracked.fenced = true;
    }
  }

  #current(of: TopicPartition & { readonly epoch: number }): Tracked | undefined {
    const tracked = this.#tracked.get(partitionKey(of));
    return tracked?.epoch === of.epoch ? tracked : undefined;
  }

  #drop(key: string): void {
    this.#tracked.get(key)?.checkpoint.close();
    this.#tracked.delete(key);
    this.#rewound.delete(key);
  }
}
