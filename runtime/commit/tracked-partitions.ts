/**
 * The partitions that are committed for, each under the epoch of its assignment, and what is due for them.
 *
 *   (none) ── open ──▶ tracked ── forget ──▶ (none)
 *             ▲           │ rewind
 *             └─ open ─ rewound       its memory is given back; what was finished is kept for the next epoch
 *
 * A partition that several threads share has a checkpoint for each of them, which is rewound alone. Every record is one
 * thread's to finish and passed over by the others, so what is done in all of them is the lowest of the checkpoints:
 *
 *   share 0   ✓ ✓ ✓ ✓ · ✓      4
 *   share 1   ✓ ✓ · ✓ ✓ ✓      2  ──▶ 2
 *
 * Due is what the checkpoint has passed and Kafka has not acknowledged. A partition whose membership is gone (`fence`)
 * has nothing due any more. Not responsible for when anything is sent.
 */
import type { Progress } from '../core/progress.ts';
import { partitionKey, type RecordSet, type Share, type TopicPartition } from '../core/record-set.ts';
import type { CommitOffset, Rewound } from '../core/stages.ts';
import { Checkpoint } from './checkpoint.ts';

interface Tracked extends TopicPartition {
  /** The youngest of its shares. */
  epoch: number;
  readonly shares: Map<number, TrackedShare>;
  /** Highest offset that Kafka has acknowledged, or where the assignment began. */
  committed: number;
  fenced: boolean;
}

interface TrackedShare {
  readonly epoch: number;
  readonly checkpoint: Checkpoint;
  /** Finished beyond the checkpoint, from a rewind until it is opened again; else null. */
  rewound: readonly number[] | null;
}

export class TrackedPartitions {
  readonly #release: (progress: Progress) => void;
  readonly #tracked = new Map<string, Tracked>();

  /** @param release gets the progress memory of a set that is not followed any more */
  constructor(release: (progress: Progress) => void) {
    this.#release = release;
  }

  open({ topic, partition, share = 0 }: Share, epoch: number, position: number): void {
    const key = partitionKey({ topic, partition });
    const before = this.#tracked.get(key)?.shares.get(share);
    if (before?.rewound === null) this.#drop(key); // another assignment
    const tracked = this.#tracked.get(key) ?? this.#begin(key, { topic, partition }, position);
    const checkpoint = new Checkpoint(position, this.#release, before?.rewound ?? []);
    tracked.shares.set(share, { epoch, checkpoint, rewound: null });
    tracked.epoch = epoch;
    tracked.fenced = false;
  }

  #begin(key: string, place: TopicPartition, position: number): Tracked {
    const tracked = { ...place, epoch: 0, shares: new Map(), committed: position, fenced: false };
    this.#tracked.set(key, tracked);
    return tracked;
  }

  track(set: RecordSet): void {
    const share = this.#tracked.get(partitionKey(set))?.shares.get(set.share ?? 0);
    if (share?.epoch !== set.epoch || share.rewound !== null) this.#release(set.progress);
    else share.checkpoint.track(set);
  }

  rewind({ share = 0, ...partition }: Share): Rewound | null {
    const tracked = this.#tracked.get(partitionKey(partition))?.shares.get(share);
    if (tracked === undefined || tracked.rewound !== null) return null;
    const finished = tracked.checkpoint.finishedBeyond();
    const checkpoint = tracked.checkpoint.read();
    tracked.checkpoint.close();
    tracked.rewound = finished;
    return { checkpoint, finished };
  }

  forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#drop(partitionKey(partition));
  }

  clear(): void {
    for (const key of [...this.#tracked.keys()]) this.#drop(key);
  }

  /** Offsets that may be committed now, read from shared memory. @param only these partitions, all when missing */
  due(only?: readonly TopicPartition[]): readonly CommitOffset[] {
    const offsets: CommitOffset[] = [];
    const asked = only?.flatMap((partition) => this.#tracked.get(partitionKey(partition)) ?? []);
    for (const tracked of asked ?? this.#tracked.values()) {
      if (tracked.fenced) continue;
      const { topic, partition, epoch, committed } = tracked;
      const offset = doneUpTo(tracked);
      if (offset > committed) offsets.push({ topic, partition, epoch, offset });
    }
    return offsets;
  }

  /** How many offsets are due, over all partitions. */
  get dueCount(): number {
    let count = 0;
    for (const tracked of this.#tracked.values()) {
      if (!tracked.fenced) count += doneUpTo(tracked) - tracked.committed;
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

  #current(of: CommitOffset): Tracked | undefined {
    const tracked = this.#tracked.get(partitionKey(of));
    return tracked?.epoch === of.epoch ? tracked : undefined;
  }

  #drop(key: string): void {
    for (const { checkpoint } of this.#tracked.get(key)?.shares.values() ?? []) checkpoint.close();
    this.#tracked.delete(key);
  }
}

/** The lowest unfinished offset of a partition; while a share is rewound, what is committed already. */
function doneUpTo({ shares, committed }: Tracked): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const { checkpoint, rewound } of shares.values()) {
    if (rewound !== null) return committed;
    lowest = Math.min(lowest, checkpoint.read());
  }
  return lowest;
}
