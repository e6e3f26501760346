/**
 * The partitions that are ours, from assigned to given up, and the promises of `ConsumerHooks` about them: for one
 * partition `opened` comes first, then `revoked` or `lost`; a partition that never opened is not mentioned at all.
 */
import type { Emit } from '../core/events.ts';
import { LoopWait } from '../core/loop-wait.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import type { ConsumerHooks, DrainReason } from '../core/stages.ts';
import { AssignedPartition } from './partition.ts';
import type { Positions, Search } from './positions.ts';

export interface AssignmentOptions {
  readonly group: string;
  readonly emit: Emit;
  readonly hooks: ConsumerHooks;
  readonly positions: Pick<Positions, 'first' | 'fromStart'>;
  readonly drainBudgetMs: number;
  /** Sets of these partitions that nobody has seen yet must not be seen any more. */
  readonly discard: (gone: (partition: TopicPartition) => boolean) => void;
  /** Partitions can be fetched that could not before. */
  readonly arranged: () => void;
  readonly failed: (error: unknown) => void;
}

/** A partition on its way to another position; a revocation that comes meanwhile waits for its drain. */
interface Reset {
  readonly drained: Promise<boolean>;
  cancelled: boolean;
}

export class Assignment {
  readonly #options: AssignmentOptions;
  readonly #partitions = new Map<string, AssignedPartition>();
  readonly #resets = new Map<AssignedPartition, Reset>();
  readonly #closing = new AbortController();
  readonly #wait: LoopWait;
  /** Searches for committed offsets that are under way. */
  #searches = 0;

  constructor(options: AssignmentOptions) {
    this.#options = options;
    this.#wait = new LoopWait(options.emit, { group: options.group, loop: 'positions' });
  }

  all(): Iterable<AssignedPartition> {
    return this.#partitions.values();
  }

  get(partition: TopicPartition): AssignedPartition | null {
    return this.#partitions.get(partitionKey(partition)) ?? null;
  }

  /** None of these is ours yet. */
  assigned(partitions: readonly TopicPartition[]): void {
    const fresh = partitions.map((partition) => this.#add(partition));
    if (fresh.length === 0) return;
    this.#searches++;
    this.#wait.began('it is not known where to begin');
    const search = this.#search(fresh, (p, position) => this.#open(p, position));
    const over = (): void => {
      if (--this.#searches === 0) this.#wait.over();
    };
    this.#watch(this.#options.positions.first(search).finally(over));
  }

  /** @returns false when something in flight was cut short */
  async revoked(partitions: readonly TopicPartition[], budgetMs: number, reason: DrainReason): Promise<boolean> {
    const open: AssignedPartition[] = [];
    const drains: Promise<boolean>[] = [];
    for (const partition of this.#mine(partitions)) {
      const reset = this.#resets.get(partition);
      if (reset !== undefined) {
        reset.cancelled = true;
        drains.push(reset.drained);
      } else if (partition.state === 'opening') this.#remove(partition);
      else open.push(partition);
    }
    this.#stopFetching(open);
    if (open.length > 0) drains.push(this.#options.hooks.revoked(open, budgetMs, reason));
    const finished = await Promise.all(drains);
    for (const partition of open) if (partition.state === 'draining') this.#close(partition, false);
    return !finished.includes(false);
  }

  /** Also of partitions that are draining. */
  lost(partitions: readonly TopicPartition[]): void {
    const opened: AssignedPartition[] = [];
    for (const partition of this.#mine(partitions)) {
      if (partition.state === 'opening') {
        this.#remove(partition);
        continue;
      }
      partition.lose();
      opened.push(partition);
    }
    this.#options.discard((of) => opened.some((p) => isSame(p, of)));
    if (opened.length > 0) this.#options.hooks.lost(opened);
    for (const partition of opened) this.#close(partition, true);
  }

  /** @returns the new epoch; null when it is not ours any more, or on its way out */
  reopen(partition: TopicPartition, position: number): number | null {
    const mine = this.get(partition);
    const epoch = mine?.reopen(position) ?? null;
    if (epoch === null) return null;
    this.#options.discard((of) => isSame(of, partition));
    this.#options.emit('partition.opened', { ...this.#name(partition), epoch, offset: position });
    this.#options.arranged();
    return epoch;
  }

  stop(partition: TopicPartition, offset: number, reason: string): void {
    const mine = this.get(partition);
    if (mine === null) return;
    mine.stop();
    this.#options.discard((of) => isSame(of, partition));
    this.#options.emit('partition.stopped', { ...this.#name(partition), offset, reason });
  }

  /**
   * The position does not exist: applies `from`. What is in flight is finished and committed first, since the new
   * position may lie before it, and a checkpoint does not move backwards within an epoch.
   */
  reset(partition: AssignedPartition): void {
    const from = partition.position;
    this.#stopFetching([partition]);
    const reset: Reset = {
      drained: this.#options.hooks.revoked([partition], this.#options.drainBudgetMs, 'revoked'),
      cancelled: false,
    };
    this.#resets.set(partition, reset);
    this.#watch(
      reset.drained.then(() => {
        this.#resets.delete(partition);
        if (partition.state !== 'draining') return; // lost meanwhile
        this.#close(partition, false);
        if (reset.cancelled) return;
        const found = (fresh: AssignedPartition, to: number): void => {
          this.#options.emit('partition.outOfRange', { ...this.#name(partition), from, to });
          this.#open(fresh, to);
        };
        return this.#options.positions.fromStart(this.#search([this.#add(partition)], found));
      }),
    );
  }

  /**
   * Another topic has the name. Offsets of the old one mean nothing in it, so nothing of it is committed any more, what
   * runs is aborted, and `from` says where the new one begins.
   */
  replaced(partition: AssignedPartition): void {
    const from = partition.position;
    this.lost([partition]);
    const found = (fresh: AssignedPartition, to: number): void => {
      this.#options.emit('partition.replaced', { ...this.#name(partition), from, to });
      this.#open(fresh, to);
    };
    this.#watch(this.#options.positions.fromStart(this.#search([this.#add(partition)], found)));
  }

  /** Ends the search for positions. */
  close(): void {
    this.#closing.abort();
  }

  #search(
    partitions: readonly AssignedPartition[],
    found: (partition: AssignedPartition, position: number) => void,
  ): Search<AssignedPartition> {
    const wanted = (partition: AssignedPartition): boolean => partition.state === 'opening';
    return { partitions, found, wanted, signal: this.#closing.signal };
  }

  #add(partition: TopicPartition): AssignedPartition {
    const fresh = new AssignedPartition(partition);
    this.#partitions.set(partitionKey(partition), fresh);
    return fresh;
  }

  #open(partition: AssignedPartition, position: number): void {
    const epoch = partition.open(position);
    this.#options.hooks.opened({ topic: partition.topic, partition: partition.partition }, epoch, position);
    this.#options.emit('partition.opened', { ...this.#name(partition), epoch, offset: position });
    this.#options.arranged();
  }

  #stopFetching(partitions: readonly AssignedPartition[]): void {
    for (const partition of partitions) partition.drain();
    this.#options.discard((of) => partitions.some((partition) => isSame(partition, of)));
    for (const partition of partitions) {
      this.#options.emit('partition.draining', { ...this.#name(partition), epoch: partition.epoch });
    }
  }

  #close(partition: AssignedPartition, lost: boolean): void {
    partition.close();
    this.#forget(partition);
    this.#options.emit('partition.closed', { ...this.#name(partition), epoch: partition.epoch, lost });
  }

  /** Never opened, so nobody knows of it. */
  #remove(partition: AssignedPartition): void {
    partition.close();
    this.#forget(partition);
  }

  #forget(partition: AssignedPartition): void {
    const key = partitionKey(partition);
    if (this.#partitions.get(key) === partition) this.#partitions.delete(key);
  }

  #mine(partitions: readonly TopicPartition[]): AssignedPartition[] {
    return partitions.map((partition) => this.get(partition)).filter((mine) => mine !== null);
  }

  #name({ topic, partition }: TopicPartition) {
    return { group: this.#options.group, topic, partition };
  }

  #watch(work: Promise<void>): void {
    work.catch((error: unknown) => this.#options.failed(error));
  }
}

function isSame(a: TopicPartition, b: TopicPartition): boolean {
  return a.partition === b.partition && a.topic === b.topic;
}
