/**
 * Fetches from one broker, one request at a time.
 *
 *   plan ──some have room──▶ fetch ──▶ split ──▶ wait until all of it was handed over ──▶ plan
 *    │ └──none has room────▶ wait for wake() ──▶ plan
 *    └────leads nothing of ours──▶ ended
 *
 * A partition without room is left out of the request: that is the backpressure. While one is left out, the broker is
 * asked to answer soon, so that the partition comes back soon after it has room again. While nothing comes at all, the
 * broker is asked to wait longer and longer; a partition that opens meanwhile ends that wait, with its connection.
 *
 * A broker that says how long it wants to be left alone (quotas) is left alone so long. Topics go by id where the broker
 * tells ids, so that one made anew under an old name is refused instead of being read from where the old one was.
 */
import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { LoopWait } from '../core/loop-wait.ts';
import type { GroupSettings } from '../core/settings.ts';
import { addressText } from '../kafka/client-options.ts';
import type { Node } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import type { RequestOf, ResponseOf } from '../protocol/api.ts';
import { zeroUuid } from '../protocol/codec.ts';
import { fetch } from '../protocol/fetch.ts';
import type { AssignedPartition } from './partition.ts';

/** How long a broker may wait for data while a partition of ours is left out. */
const shortWaitMs = 10;
/** How many times `fetch.maxWait` a broker may wait while nothing comes: most of what an idle group costs is asking. */
const quietWaitsMax = 8;
/** Of one partition in one answer: a fair share where many have much, and never less than a usual batch. */
const partitionBytesMin = 1024 * 1024;
const readCommitted = 1;
/** A broker that asks for more (Kafka's quotas never do) is asked again all the same. */
const throttleMaxMs = 30_000;
/** The last version that names topics, for brokers that tell no ids. */
const namedVersionMax = 12;

export interface FetchLoopOptions {
  readonly node: Node;
  readonly group: GroupSettings;
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly wait: LoopWait;
  /** Open partitions that this node leads, with the leader epoch. */
  readonly partitions: () => readonly { readonly partition: AssignedPartition; readonly leaderEpoch: number }[];
  readonly hasRoom: (partition: AssignedPartition) => boolean;
  /** More partitions are about to open: they should not wait for an answer that has nothing to say. */
  readonly moreToCome: () => boolean;
  /** Takes the answer apart; resolves when there is nothing left of it to hand over. */
  readonly received: (asked: Asked, response: FetchResponse) => Promise<void>;
  /** The request failed. Resolves when it is worth trying again. */
  readonly failed: (error: unknown) => Promise<void>;
  readonly ended: () => void;
}

export type FetchResponse = ResponseOf<typeof fetch>;

/** What a partition was when it was asked for: an answer that comes after a change is dropped. */
export type Asked = readonly {
  readonly partition: AssignedPartition;
  readonly epoch: number;
  readonly position: number;
}[];

interface Plan {
  readonly ready: readonly { readonly partition: AssignedPartition; readonly leaderEpoch: number }[];
  readonly waitMs: number;
  /** None is left out. */
  readonly everything: boolean;
}

export class FetchLoop {
  readonly #options: FetchLoopOptions;
  readonly #stopping = new AbortController();
  /** Why the last request brought nothing; for the report of a stall. */
  #trouble = '';
  /** Resolves a wait between two requests. */
  #wake: (() => void) | null = null;
  /** Which partition comes first: the broker fills an answer from the front. */
  #turn = 0;
  /** Answers in a row that brought nothing although every partition was asked for. */
  #quiet = 0;
  /** What is asked for while the broker waits longer than `fetch.maxWait`. */
  #longAsked: Asked | null = null;
  /** The request under way was given up for another one. */
  #interrupted: boolean = false;

  constructor(options: FetchLoopOptions) {
    this.#options = options;
    this.#run().catch((error: unknown) => options.failed(error));
  }

  /** Some partition may have room, or may have been added. Cheap: called for every bit of progress. */
  wake(): void {
    this.#wake?.();
    if (this.#longAsked !== null && this.#leavesOut(this.#longAsked)) this.#interrupt();
  }

  /** What is under way is dropped when it arrives. */
  stop(): void {
    this.#stopping.abort();
    this.wake();
  }

  async #run(): Promise<void> {
    const { client, node, group, received, failed, ended, wait } = this.#options;
    const purpose = `fetch:${group.name}`;
    try {
      // Partitions open in groups: the first request should have all of them.
      await Promise.resolve();
      while (!this.#stopped) {
        const plan = this.#plan();
        if (plan === null) break;
        if (plan.ready.length === 0) {
          await this.#waitFor(plan.waitMs);
          continue;
        }
        const asked = plan.ready.map(({ partition: p }) => ({ partition: p, epoch: p.epoch, position: p.position }));
        this.#longAsked = plan.waitMs > group.fetch.maxWaitMs ? asked : null;
        this.#interrupted = false;
        wait.began(`no answer to Fetch from ${addressText(node)}${this.#trouble}`, 2 * plan.waitMs);
        try {
          const request = this.#request(plan);
          const named = request.topics.some(({ topicId }) => topicId === zeroUuid);
          const response = await client.send(node, purpose, fetch, request, {
            ...(named && { maxVersion: namedVersionMax }),
            brokerWaitMs: plan.waitMs,
          });
          // An error of the whole request is no answer that lets anybody go on.
          if (response.errorCode === 0) wait.over();
          this.#trouble = '';
          this.#longAsked = null;
          this.#interrupted = false;
          this.#quiet = plan.everything && bringsNothing(response) ? this.#quiet + 1 : 0;
          if (!this.#stopped) await received(asked, response);
          client.recycle(node, purpose); // record sets are copies
          await this.#leaveAlone(response.throttleTimeMs);
        } catch (error) {
          wait.failed(error);
          this.#quiet = 0;
          this.#longAsked = null;
          if (this.#interrupted) continue;
          if (error instanceof KafkaError) this.#trouble = `: ${error.message}`;
          if (!this.#stopped) await failed(error);
        }
      }
    } finally {
      wait.over();
      ended();
    }
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #leaveAlone(throttleMs: number): Promise<void> {
    if (throttleMs > 0) await sleep(this.#options.clock, Math.min(throttleMs, throttleMaxMs), this.#stopping.signal);
  }

  /** @returns null when this node leads nothing of ours */
  #plan(): Plan | null {
    const { partitions, hasRoom, moreToCome, clock, group } = this.#options;
    const led = partitions();
    if (led.length === 0) return null;
    const now = clock.now();
    let waitMs = group.fetch.maxWaitMs;
    const ready = led.filter(({ partition }) => {
      if (partition.notBefore > now) waitMs = Math.min(waitMs, Math.max(shortWaitMs, partition.notBefore - now));
      else if (hasRoom(partition)) return true;
      return false;
    });
    const everything = led.length === ready.length && !moreToCome();
    if (ready.length === 0) return { ready, waitMs, everything };
    const first = this.#turn++ % ready.length;
    // Who asks for more than a byte wants to wait for it that long, and no longer.
    const quietWaits = group.fetch.minBytes > 1 ? 1 : Math.min(2 ** this.#quiet, quietWaitsMax);
    return {
      ready: [...ready.slice(first), ...ready.slice(0, first)],
      waitMs: everything ? waitMs * quietWaits : Math.min(waitMs, shortWaitMs),
      everything,
    };
  }

  /** Some partition could be read, and is not part of the request, or was elsewhere then. */
  #leavesOut(asked: Asked): boolean {
    const { partitions, hasRoom } = this.#options;
    const places = new Map(asked.map((place) => [place.partition, place]));
    return partitions().some(({ partition }) => {
      const place = places.get(partition);
      return (place === undefined || !isCurrent(place)) && hasRoom(partition);
    });
  }

  /** The broker serves a connection's requests one after the other: the next one needs another connection. */
  #interrupt(): void {
    this.#longAsked = null;
    this.#interrupted = true;
    const { client, node, group } = this.#options;
    void client.release(`fetch:${group.name}`, node);
  }

  #request({ ready, waitMs }: Plan): RequestOf<typeof fetch> {
    const { group } = this.#options;
    const share = Math.max(partitionBytesMin, Math.floor(group.fetch.maxBytes / ready.length));
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
      minBytes: group.fetch.minBytes,
      maxBytes: group.fetch.maxBytes,
      isolationLevel: readCommitted,
      sessionId: 0,
      sessionEpoch: -1,
      topics,
      forgottenTopics: [],
      rackId: '',
    };
  }

  #waitFor(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#wake = null;
        resolve();
      };
      const timer = this.#options.clock.after(waitMs, done);
      this.#wake = done;
    });
  }
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
