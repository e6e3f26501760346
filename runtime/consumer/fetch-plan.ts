/**
 * What to ask one broker for next, and how long it may wait for data.
 *
 *   every partition has room               batch.maxWait
 *   one is left out                        a moment: it comes back soon after it has room again
 *   answer after answer brought nothing    two, four, eight times batch.maxWait, within `quietWaitMaxMs`: most of what an
 *                                          idle group costs is asking
 *
 * A partition without room is left out of the request: that is the backpressure.
 */
import type { Clock } from '../core/clock.ts';
import type { FetchSettings } from '../core/settings.ts';
import type { RequestOf, ResponseOf } from '../protocol/api.ts';
import { zeroUuid } from '../protocol/codec.ts';
import type { fetch } from '../protocol/fetch.ts';
import type { AssignedPartition } from './partition.ts';

/** How long a broker may wait for data while a partition of ours is left out. */
const shortWaitMs = 10;
const quietWaitsMax = 8;
const quietWaitMaxMs = 5_000;
/** Of one partition in one answer: a fair share where many have much, and never less than a usual batch. */
const partitionBytesMin = 1024 * 1024;
const readCommitted = 1;

/** What could be read from one broker, as the moment has it. */
export interface Readable {
  /** Open partitions that this broker leads, with the leader epoch. */
  readonly partitions: () => readonly LedPartition[];
  readonly hasRoom: (partition: AssignedPartition) => boolean;
  /** More partitions are about to open: they should not wait for an answer that has nothing to say. */
  readonly moreToCome: () => boolean;
}

export interface LedPartition {
  readonly partition: AssignedPartition;
  readonly leaderEpoch: number;
}

/** What a partition was when it was asked for: an answer that comes after a change is dropped. */
export type Asked = readonly {
  readonly partition: AssignedPartition;
  readonly epoch: number;
  readonly position: number;
}[];

export type FetchResponse = ResponseOf<typeof fetch>;

export interface FetchPlan {
  /** Those to ask for; empty when none has room. */
  readonly ready: readonly LedPartition[];
  readonly asked: Asked;
  readonly waitMs: number;
  /** The broker may wait longer than `batch.maxWait`: a partition that opens should end that. */
  readonly long: boolean;
  /** None is left out. */
  readonly everything: boolean;
}

export class FetchPlanner {
  readonly #readable: Readable;
  readonly #settings: FetchSettings;
  readonly #clock: Clock;
  /** Which partition comes first: the broker fills an answer from the front. */
  #turn = 0;
  /** Answers in a row that brought nothing although every partition was asked for. */
  #quiet = 0;

  constructor(readable: Readable, settings: FetchSettings, clock: Clock) {
    this.#readable = readable;
    this.#settings = settings;
    this.#clock = clock;
  }

  /** @returns null when this broker leads nothing of ours */
  next(): FetchPlan | null {
    const { partitions, hasRoom, moreToCome } = this.#readable;
    const { maxWaitMs } = this.#settings;
    const led = partitions();
    if (led.length === 0) return null;
    const now = this.#clock.now();
    let waitMs = maxWaitMs;
    const withRoom = led.filter(({ partition }) => {
      if (partition.notBefore > now) waitMs = Math.min(waitMs, Math.max(shortWaitMs, partition.notBefore - now));
      else if (hasRoom(partition)) return true;
      return false;
    });
    const everything = led.length === withRoom.length && !moreToCome();
    if (everything) waitMs = this.#quietWaitMs();
    else if (withRoom.length > 0) waitMs = Math.min(waitMs, shortWaitMs);
    const first = withRoom.length === 0 ? 0 : this.#turn++ % withRoom.length;
    const ready = [...withRoom.slice(first), ...withRoom.slice(0, first)];
    const asked = ready.map(({ partition: p }) => ({ partition: p, epoch: p.epoch, position: p.position }));
    return { ready, asked, waitMs, long: waitMs > maxWaitMs, everything };
  }

  /** What became of a plan; null: the request failed. */
  learn({ everything }: FetchPlan, response: FetchResponse | null): void {
    this.#quiet = everything && response !== null && bringsNothing(response) ? this.#quiet + 1 : 0;
  }

  /** @returns whether a partition that could be read is not part of what was asked for, or was elsewhere then */
  leavesOut(asked: Asked): boolean {
    const places = new Map(asked.map((place) => [place.partition, place]));
    return this.#readable.partitions().some(({ partition }) => {
      const place = places.get(partition);
      return (place === undefined || !isCurrent(place)) && this.#readable.hasRoom(partition);
    });
  }

  #quietWaitMs(): number {
    const { maxWaitMs, minBytes } = this.#settings;
    // Who asks for more than a byte wants to wait for it that long, and no longer.
    if (minBytes > 1) return maxWaitMs;
    const longer = maxWaitMs * Math.min(2 ** this.#quiet, quietWaitsMax);
    return Math.max(maxWaitMs, Math.min(longer, quietWaitMaxMs));
  }
}

export function fetchRequest({ ready, waitMs }: FetchPlan, settings: FetchSettings): RequestOf<typeof fetch> {
  const share = Math.max(partitionBytesMin, Math.floor(settings.maxBytes / ready.length));
  const topics = [...Map.groupBy(ready, ({ partition }) => partition.topic)].map(([name, of]) => ({
    name,
    topicId: of[0]!.partition.topicId ?? zeroUuid,
    partitions: of.map(({ partition, leaderEpoch }) => ({
      partition: partition.partition,
      currentLeaderEpoch: leaderEpoch,
      offset: partition.position,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      maxBytes: share,
    })),
  }));
  return {
    replicaId: -1,
    maxWaitMs: Math.ceil(waitMs),
    minBytes: settings.minBytes,
    maxBytes: settings.maxBytes,
    isolationLevel: readCommitted,
    sessionId: 0,
    sessionEpoch: -1,
    topics,
    forgottenTopics: [],
    rackId: '',
  };
}

/** What was asked for is still what is wanted. */
export function isCurrent({ partition, epoch, position }: Asked[number]): boolean {
  return partition.fetchable && partition.epoch === epoch && partition.position === position;
}

function bringsNothing({ errorCode, topics }: FetchResponse): boolean {
  if (errorCode !== 0) return false;
  return topics.every(({ partitions }) =>
    partitions.every((answer) => answer.errorCode === 0 && (answer.records?.length ?? 0) === 0),
  );
}
