/**
 * The consumer stage of a bus in memory: a group with one member, which owns every partition from its first turn on. All
 * behind it is the engine's own (`core/stages.ts`).
 *
 *   idle ──recordSets()──▶ joined ──signal──▶ ended (what is in flight finishes) ──leave()──▶ left
 *
 * Each partition has a position, the next offset to read; it moves when a set is cut, and back when it is opened again.
 */

import { splitRecords } from '../consumer/record-sets.ts';
import type { BytesPool } from '../core/bytes-pool.ts';
import { KafkaError, UsageError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import type { ProgressPool } from '../core/progress.ts';
import { partitionKey, type RecordSet, type TopicPartition } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { CommitOffset, CommitReply, Consumer, ConsumerHooks } from '../core/stages.ts';
import type { BusMemory } from './bus-memory.ts';

export interface MemoryConsumerOptions {
  readonly group: GroupSettings;
  readonly memory: BusMemory;
  readonly emit: Emit;
  readonly pool: ProgressPool;
  readonly bytes: BytesPool;
  readonly hooks: ConsumerHooks;
  /** It owns its partitions and knows where to read. */
  readonly joined: () => void;
}

interface OwnedPartition extends TopicPartition {
  epoch: number;
  position: number;
}

/** Of all consumers: none has an epoch that another one had. */
let lastEpoch = 0;

export class MemoryConsumer implements Consumer {
  readonly #options: MemoryConsumerOptions;
  readonly #owned = new Map<string, OwnedPartition>();
  #leave: (() => void) | null = null;
  #news = Promise.withResolvers<void>();

  constructor(options: MemoryConsumerOptions) {
    this.#options = options;
  }

  async *recordSets(signal: AbortSignal): AsyncIterable<RecordSet> {
    if (signal.aborted) return;
    this.#join();
    const wake = (): void => this.wake();
    signal.addEventListener('abort', wake, { once: true });
    let ended = false;
    try {
      while (!signal.aborted) {
        const { promise } = this.#news;
        const before = [...this.#owned.values()].map(({ position }) => position);
        for (const partition of this.#owned.values()) yield* this.#read(partition);
        const moved = [...this.#owned.values()].some(({ position }, i) => position !== before[i]);
        if (!moved) await promise;
      }
      ended = true;
    } finally {
      signal.removeEventListener('abort', wake);
      if (!ended) this.#abandon();
    }
  }

  wake(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  async commit(offsets: readonly CommitOffset[]): Promise<CommitReply> {
    const { group, memory } = this.#options;
    for (const offset of offsets) {
      if (this.#owned.get(partitionKey(offset))?.epoch === offset.epoch)
        memory.commit(group.name, offset, offset.offset);
    }
    return { kind: 'committed' };
  }

  reopen(partition: TopicPartition, position: number): number | null {
    const mine = this.#owned.get(partitionKey(partition));
    if (mine === undefined) return null;
    mine.epoch = ++lastEpoch;
    mine.position = position;
    this.#tell('partition.opened', mine);
    this.wake();
    return mine.epoch;
  }

  /** Memory is never damaged on its way. */
  damaged(partition: TopicPartition, offset: number, reason: string): 'stopped' {
    const { topic, partition: number } = partition;
    const group = this.#options.group.name;
    this.#options.emit('partition.stopped', { group, topic, partition: number, offset, reason });
    return 'stopped';
  }

  async leave(budgetMs: number): Promise<boolean> {
    const { group, hooks, emit } = this.#options;
    const owned = [...this.#owned.values()];
    emit('group.state', { group: group.name, state: 'draining', reason: 'the bus stops' });
    const finished = owned.length === 0 || (await hooks.revoked(owned, budgetMs, 'shutdown'));
    this.#abandon();
    return finished;
  }

  #join(): void {
    const { group, memory, hooks, emit, joined } = this.#options;
    this.#leave = memory.join(group.name, () => this.wake());
    if (this.#leave === null) {
      const message = `event bus: a bus of group ${group.name} is running on this memory already: stop it, or name another group`;
      throw new UsageError('RT_USAGE', message, { retryable: false });
    }
    for (const { name: topic } of group.topics) {
      for (let partition = 0; partition < memory.partitions; partition++) {
        const mine = { topic, partition, epoch: ++lastEpoch, position: this.#begin({ topic, partition }) };
        this.#owned.set(partitionKey(mine), mine);
        this.#tell('partition.opened', mine);
        hooks.opened(mine, mine.epoch, mine.position);
      }
    }
    const assigned = this.#owned.size;
    emit('group.state', { group: group.name, state: 'joined', reason: `${assigned} partitions`, assigned });
    joined();
  }

  #begin(place: TopicPartition): number {
    const { group, memory } = this.#options;
    const committed = memory.committed(group.name, place);
    if (committed !== null) return committed;
    if (group.from === 'latest') {
      // Kept, as if it were committed: a bus that stops before its first event must not miss what comes meanwhile.
      memory.commit(group.name, place, memory.endOf(place));
      return memory.endOf(place);
    }
    if (group.from === 'earliest') return 0;
    const message = `group ${group.name} has no offset that it could read ${partitionKey(place)} from, and \`from: fail\` forbids to choose one`;
    throw new KafkaError('RT_OFFSET_MISSING', message, { retryable: false });
  }

  *#read(partition: OwnedPartition): Generator<RecordSet> {
    const { group, memory, hooks, pool, bytes, emit } = this.#options;
    if (!hooks.hasRoom(partition)) return;
    const records = memory.read(partition, partition.position, group.fetch.maxBytes);
    if (records === null) return;
    const { topic, partition: number, epoch, position } = partition;
    const found = splitRecords({ topic, partition: number, epoch, position, records, aborted: [] }, pool, bytes);
    partition.position = found.position;
    const count = found.sets.reduce((sum, set) => sum + set.recordCount, 0);
    emit('records.fetched', { group: group.name, topic, partition: number, records: count, bytes: records.length });
    yield* found.sets;
  }

  #abandon(): void {
    for (const { topic, partition, epoch } of this.#owned.values()) {
      this.#options.emit('partition.closed', { group: this.#options.group.name, topic, partition, epoch, lost: false });
    }
    this.#owned.clear();
    this.#leave?.();
  }

  #tell(name: 'partition.opened', { topic, partition, epoch, position }: OwnedPartition): void {
    this.#options.emit(name, { group: this.#options.group.name, topic, partition, epoch, offset: position });
  }
}
