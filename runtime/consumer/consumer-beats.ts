/**
 * What one membership of the consumer protocol says to the broker, beat by beat, and what it was told.
 *
 *   joining ──epoch 0, everything──▶ member ──what has changed──▶ member …
 *                                      │  no answer, refused: the next beat says everything again
 *                                      └──epoch −1──▶ left
 *
 * What the broker has not acknowledged counts as not said. A partition that is left out of `owned` is given up. Now and
 * then everything is said without need: a beat that was long on its way may have been answered after later ones, on a
 * connection that has ended, and the broker believes that we know what it said.
 */
import type { GroupSettings } from '../core/settings.ts';
import { consumerGroupHeartbeat, memberEpochs } from '../protocol/consumer-group-heartbeat.ts';
import type { Coordinator } from './coordinator.ts';
import type { TopicIdPartition } from './reconciler.ts';

/** A broker that does not answer must not hold up a stop: the session ends by itself. */
const leaveTimeoutMs = 3000;
/** Beats that say only what has changed, between two that say everything. */
const shortBeatsMax = 10;
/** The least that `timeouts.heartbeat` may say. */
const beatEveryMsMin = 100;
/**
 * Changes come one after the other while a group settles, and each is heard of with a beat. So after one the beats come
 * soon, and then at twice the distance each time.
 */
const firstBeatAfterChangeMs = 100;

export interface ConsumerBeatsOptions {
  readonly group: GroupSettings;
  readonly coordinator: Coordinator;
  readonly memberId: string;
  readonly owned: () => readonly TopicIdPartition[];
}

export class ConsumerBeats {
  readonly #options: ConsumerBeatsOptions;
  #epoch: number = memberEpochs.join;
  #intervalMs: number;
  #target: readonly TopicIdPartition[] = [];
  /** As the broker knows it; null: it has to be told everything. */
  #told: string | null = null;
  #shortBeats = 0;
  /** Beats since the target has changed. */
  #calmBeats = 0;

  constructor(options: ConsumerBeatsOptions) {
    this.#options = options;
    this.#intervalMs = options.group.timeouts.heartbeatMs;
  }

  /** 0 until the first answer. */
  get epoch(): number {
    return this.#epoch;
  }

  /** What the broker asks for, or less: who beats sooner hears sooner of its partitions. */
  get intervalMs(): number {
    return Math.min(this.#intervalMs, firstBeatAfterChangeMs * 2 ** this.#calmBeats);
  }

  /** What shall be ours, as it was last told. */
  get target(): readonly TopicIdPartition[] {
    return this.#target;
  }

  /** Joins, or stays. @returns Kafka's error code, 0 when it was accepted @throws KafkaError */
  async send(timeoutMs: number): Promise<number> {
    const { group, coordinator } = this.#options;
    const owned = toTopics(this.#options.owned());
    const saying = JSON.stringify(owned);
    const everything = this.#told === null || this.#shortBeats >= shortBeatsMax;
    const changed = everything || saying !== this.#told;
    this.#told = null; // until it is answered
    this.#calmBeats++;
    const answer = await coordinator.send(
      consumerGroupHeartbeat,
      {
        ...this.#nobody(),
        memberEpoch: this.#epoch,
        ...(everything && {
          rebalanceTimeoutMs: group.timeouts.rebalanceMs,
          subscribedTopics: group.topics.map(({ name }) => name),
        }),
        owned: changed ? owned : null,
      },
      { timeoutMs },
    );
    if (answer.errorCode !== 0) return answer.errorCode;
    this.#told = saying;
    this.#shortBeats = everything ? 0 : this.#shortBeats + 1;
    this.#epoch = answer.memberEpoch;
    // Not 0, whatever the answer says: that would be a beat after the other.
    this.#intervalMs = Math.min(group.timeouts.heartbeatMs, Math.max(beatEveryMsMin, answer.heartbeatIntervalMs));
    this.#aim(answer.assignment?.topics ?? null);
    return 0;
  }

  /** @param topics null: nothing is said of them. They are said again, unchanged, when everything is. */
  #aim(topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[] | null): void {
    const target =
      topics?.flatMap(({ topicId, partitions }) => partitions.map((partition) => ({ topicId, partition }))) ??
      this.#target;
    if (JSON.stringify(target) !== JSON.stringify(this.#target)) this.#calmBeats = 0;
    this.#target = target;
  }

  /** Others get our partitions now instead of after the session timeout. A static member keeps its place. */
  async leave(): Promise<void> {
    const { group, coordinator } = this.#options;
    const memberEpoch = group.instanceId === null ? memberEpochs.leave : memberEpochs.leaveStatic;
    try {
      await coordinator.send(consumerGroupHeartbeat, { ...this.#nobody(), memberEpoch }, { timeoutMs: leaveTimeoutMs });
    } catch {
      // The broker notices by the session timeout; nothing here could make it sooner.
    }
  }

  /** Leaves for good, also as a static member. @returns Kafka's error code @throws KafkaError */
  async resign(timeoutMs: number): Promise<number> {
    const request = { ...this.#nobody(), memberEpoch: memberEpochs.leave };
    return (await this.#options.coordinator.send(consumerGroupHeartbeat, request, { timeoutMs })).errorCode;
  }

  /** A beat that says nothing but who we are. */
  #nobody() {
    const { group, memberId } = this.#options;
    return {
      ...{ groupId: group.name, memberId, instanceId: group.instanceId, rackId: null },
      ...{ rebalanceTimeoutMs: -1, subscribedTopics: null, subscribedRegex: null, assignor: null, owned: null },
    };
  }
}

/** In an order that depends on nothing but the partitions. */
function toTopics(partitions: readonly TopicIdPartition[]) {
  const topics = Map.groupBy(partitions, ({ topicId }) => topicId);
  const sorted = [...topics].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([topicId, of]) => ({
    topicId,
    partitions: of.map(({ partition }) => partition).sort((a, b) => a - b),
  }));
}
