/**
 * Finds where to begin: the group's committed offset, or the place that `from` names when there is none (or none that
 * still exists). Asks until every partition has its answer or is not wanted any more.
 *
 *   opening ──OffsetFetch──▶ committed offset ────────────────────────▶ found
 *      │  ▲       └─none──▶ ListOffsets at the leader (from) ─ ─ ─ ─ ─ ─▶ found
 *      │  │                                        └─latest─▶ committed ──▶ found
 *      │  └─null─┐
 *      └──────▶ load() of `offsets`, where there is one ───────────────▶ found
 *
 * `latest` means the end of the partition when the group first met it, whatever happens afterwards: so that place is
 * committed before anything is read. Else whoever got the partition before its first record was handled, or this process
 * after a crash, would begin at another end, and what came in between would be lost. A partition that the topic has got
 * since then is read from its beginning (`first-met.ts`).
 */
import { backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import { KafkaError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { CommitOffset, CommitReply } from '../core/stages.ts';
import type { Cluster, Node } from '../kafka/cluster.ts';
import type { KafkaClient } from '../kafka/port.ts';
import { listOffsets, offsetPlaces } from '../protocol/list-offsets.ts';
import { offsetFetch } from '../protocol/offset-fetch.ts';
import type { Coordinator } from './coordinator.ts';
import { actionFor, fatalError } from './error-actions.ts';
import type { FirstMet } from './first-met.ts';
import { byTopic } from './partition-list.ts';
import { retryBackoff } from './retry-backoff.ts';

const readCommitted = 1;

export interface PositionsOptions {
  readonly group: GroupSettings;
  readonly client: KafkaClient;
  readonly cluster: Cluster;
  readonly coordinator: Coordinator;
  readonly firstMet: FirstMet;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** Commits where opening partitions begin. */
  readonly commit: (offsets: readonly CommitOffset[]) => Promise<CommitReply>;
  /** Where the user has saved a position; null where that is Kafka's business. */
  readonly saved: ((partition: TopicPartition) => Promise<number | null>) | null;
}

/** What is asked for, and whom to tell. */
export interface Search<P extends TopicPartition> {
  readonly partitions: readonly P[];
  /** False once nobody cares about the answer: given up meanwhile. */
  readonly wanted: (partition: P) => boolean;
  readonly found: (partition: P, position: number) => void;
  readonly signal: AbortSignal;
}

export class Positions {
  readonly #options: PositionsOptions;

  constructor(options: PositionsOptions) {
    this.#options = options;
  }

  /** What the user has saved, else what was committed. @throws as `committed` */
  async first<P extends TopicPartition>(search: Search<P>): Promise<void> {
    const { saved } = this.#options;
    if (saved === null) return this.committed(search);
    // Each by itself: one that cannot be found holds up no other.
    await Promise.all(search.partitions.map((one) => this.#first({ ...search, partitions: [one] }, saved)));
  }

  async #first<P extends TopicPartition>(
    search: Search<P>,
    saved: (partition: TopicPartition) => Promise<number | null>,
  ): Promise<void> {
    const { emit, group } = this.#options;
    const unsaved: P[] = [];
    await this.#until(search, async ([one], settle) => {
      const { topic, partition } = one!;
      try {
        const position = await saved({ topic, partition });
        settle(one!);
        if (position === null) unsaved.push(one!);
        else if (search.wanted(one!)) search.found(one!, position);
      } catch (error) {
        emit('position.failed', { group: group.name, topic, partition, message: toErrorData(error).message });
      }
    });
    await this.committed({ ...search, partitions: unsaved });
  }

  /** @throws KafkaError `RT_OFFSET_MISSING` with `from: fail`; what else no retry can mend */
  async committed<P extends TopicPartition>(search: Search<P>): Promise<void> {
    const missing: P[] = [];
    await this.#until(search, async (open, settle) => {
      const offsets = await this.#fetchCommitted(open, { stable: true });
      for (const partition of open) {
        const offset = offsets.get(partitionKey(partition));
        if (offset === undefined) continue;
        settle(partition);
        if (offset < 0) missing.push(partition);
        else if (search.wanted(partition)) search.found(partition, offset);
      }
    });
    await this.fromStart({ ...search, partitions: missing });
  }

  /** Applies `from`. @throws as `committed` */
  async fromStart<P extends TopicPartition>(search: Search<P>): Promise<void> {
    const { from, name } = this.#options.group;
    const first = search.partitions.find(search.wanted);
    if (first === undefined) return;
    if (from === 'fail') {
      throw new KafkaError(
        'RT_OFFSET_MISSING',
        `group ${name} has no offset that it could read ${partitionKey(first)} from, and \`from: fail\` forbids to choose one: commit an offset for the group, or set \`from\` to earliest or latest`,
        { retryable: false },
      );
    }
    const begins = new Map<P, number>();
    await this.#until(search, async (open, settle) => {
      if (from === 'latest' && !(await this.#askOthers(open))) return;
      const unknown = open.filter((partition) => !begins.has(partition));
      for (const [place, of] of Map.groupBy(unknown, (partition) => this.#placeIn(partition, from))) {
        const offsets = await this.#listOffsets(of, offsetPlaces[place]);
        for (const partition of of) {
          const offset = offsets.get(partitionKey(partition));
          if (offset !== undefined) begins.set(partition, offset);
        }
      }
      const found = open.filter((partition) => begins.has(partition) && search.wanted(partition));
      if (from === 'latest' && !(await this.#keep(found, begins))) return;
      for (const partition of found) {
        settle(partition);
        if (search.wanted(partition)) search.found(partition, begins.get(partition)!);
      }
    });
  }

  #placeIn({ topic, partition }: TopicPartition, from: 'earliest' | 'latest'): 'earliest' | 'latest' {
    const count = this.#options.firstMet.partitionCount(topic);
    return count > 0 && partition >= count ? 'earliest' : from;
  }

  /** What the commits of all partitions of these topics say. @returns false when not all of them could be asked */
  async #askOthers(partitions: readonly TopicPartition[]): Promise<boolean> {
    const { cluster } = this.#options;
    const topics = [...new Set(partitions.map(({ topic }) => topic))].map((topic) => cluster.topic(topic));
    const unknown = topics.filter(({ partitionCount }) => partitionCount === 0).map(({ name }) => name);
    if (unknown.length > 0) {
      await cluster.refresh(unknown);
      return false;
    }
    const all = topics.flatMap(({ name: topic, partitionCount }) =>
      Array.from({ length: partitionCount }, (_, partition) => ({ topic, partition })),
    );
    return (await this.#fetchCommitted(all, { stable: false })).size === all.length;
  }

  async #keep<P extends TopicPartition>(partitions: readonly P[], begins: ReadonlyMap<P, number>): Promise<boolean> {
    if (partitions.length === 0) return true;
    const offsets = partitions.map((of) => ({
      ...{ topic: of.topic, partition: of.partition, offset: begins.get(of)! },
      epoch: 0, // as long as it is opening
    }));
    return (await this.#options.commit(offsets)).kind === 'committed';
  }

  /** Repeats `ask` with what is still open, with backoff. */
  async #until<P extends TopicPartition>(
    { partitions, wanted, signal }: Search<P>,
    ask: (open: readonly P[], settle: (partition: P) => void) => Promise<void>,
  ): Promise<void> {
    const { clock, random } = this.#options;
    const open = new Set(partitions);
    for (let failures = 0; ; failures++) {
      for (const partition of open) if (!wanted(partition)) open.delete(partition);
      if (open.size === 0 || signal.aborted) return;
      try {
        await ask([...open], (partition) => open.delete(partition));
      } catch (error) {
        if (!(error instanceof KafkaError && error.retryable)) throw error;
      }
      if (open.size > 0) await sleep(clock, backoffMs(retryBackoff, failures, random), signal);
    }
  }

  /** @returns offsets by partition, -1 for none; a partition that has to be asked for again is left out */
  async #fetchCommitted(
    partitions: readonly TopicPartition[],
    { stable }: { readonly stable: boolean },
  ): Promise<ReadonlyMap<string, number>> {
    const { coordinator, group, firstMet } = this.#options;
    const topics = byTopic(partitions);
    const response = await coordinator.sendOffsets(
      offsetFetch,
      {
        groupId: group.name,
        topics,
        groups: [{ groupId: group.name, memberId: null, memberEpoch: -1, topics }],
        // An offset that a transaction is about to move would be read twice.
        requireStable: stable,
      },
      { maxVersion: 9 }, // from v10 on topics go by id
    );
    const answer = response.groups[0] ?? response;
    const offsets = new Map<string, number>();
    if (this.#coordinatorRefused(answer.errorCode)) return offsets;
    for (const { name, partitions: of } of answer.topics) {
      for (const { partition, errorCode, offset, metadata } of of) {
        if (this.#coordinatorRefused(errorCode)) continue;
        firstMet.learn(name, metadata);
        offsets.set(partitionKey({ topic: name, partition }), offset);
      }
    }
    return offsets;
  }

  #coordinatorRefused(code: number): boolean {
    if (code === 0) return false;
    const action = actionFor('offsetFetch', code);
    if (action === 'fatal') throw fatalError(`reading the offsets of group ${this.#options.group.name}`, code);
    if (action === 'findCoordinator') this.#options.coordinator.forget();
    return true;
  }

  /** @returns as `#fetchCommitted` */
  async #listOffsets(partitions: readonly TopicPartition[], timestamp: number): Promise<ReadonlyMap<string, number>> {
    const { cluster } = this.#options;
    const offsets = new Map<string, number>();
    const leaders = Map.groupBy(partitions, (partition) => cluster.leaderOf(partition)?.node ?? null);
    let stale = leaders.has(null);
    for (const [node, of] of leaders) {
      if (node === null) continue;
      for (const answer of await this.#askLeader(node, of, timestamp)) {
        if (answer.errorCode === 0) offsets.set(partitionKey(answer), answer.offset);
        else stale = this.#leaderRefused(answer, answer.errorCode) || stale;
      }
    }
    if (stale) await cluster.refresh(partitions.map(({ topic }) => topic));
    return offsets;
  }

  async #askLeader(node: Node, partitions: readonly TopicPartition[], timestamp: number) {
    const { cluster, client, group } = this.#options;
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, of]) => ({
      name,
      partitions: of.map((partition) => ({
        partition: partition.partition,
        currentLeaderEpoch: cluster.leaderOf(partition)?.leaderEpoch ?? -1,
        timestamp,
      })),
    }));
    try {
      const response = await client.send(node, `commit:${group.name}`, listOffsets, {
        replicaId: -1,
        isolationLevel: readCommitted,
        topics,
        timeoutMs: 0,
      });
      return response.topics.flatMap(({ name: topic, partitions: of }) => of.map((answer) => ({ topic, ...answer })));
    } catch (error) {
      // The leader may be gone; the other ones may have answered.
      await cluster.refresh();
      throw error;
    }
  }

  /** @returns whether the metadata is out of date */
  #leaderRefused(partition: TopicPartition, code: number): boolean {
    const action = actionFor('listOffsets', code);
    if (action === 'fatal') throw fatalError(`looking for the offsets of ${partitionKey(partition)}`, code);
    return action === 'refresh';
  }
}
