/**
 * Brings what is ours to what the broker wants it to be, while everything else goes on:
 *
 *   target has less ──▶ revoke: finish, commit ──▶ tell the broker, which gives it to the next one
 *   target has more ──▶ find the names of its topics ──▶ ours ──▶ tell the broker
 *
 * First give, then take, one after the other. What is being revoked is still ours, and is called so, until it is
 * finished. Invariant: `owned` are those that the hooks know as ours, by topic id: a topic that was deleted and made
 * again has the same name and is another one.
 */
import { backoffMs } from '../core/backoff.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { KafkaError } from '../core/errors.ts';
import type { LoopWait } from '../core/loop-wait.ts';
import type { Random } from '../core/random.ts';
import type { TopicPartition } from '../core/record-set.ts';
import type { DrainReason } from '../core/stages.ts';
import type { Cluster } from '../kafka/cluster.ts';
import type { MembershipHooks } from './membership.ts';
import { retryBackoff } from './retry-backoff.ts';

export interface TopicIdPartition {
  readonly topicId: string;
  readonly partition: number;
}

type OwnedPartition = TopicPartition & TopicIdPartition;

export interface ReconcilerOptions {
  /** Topics that the group is subscribed to. */
  readonly topics: readonly string[];
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly hooks: MembershipHooks;
  /** For names that do not come: partitions that nobody reads would look like idle ones. */
  readonly wait: LoopWait;
  /** How long a revocation may take to finish what is in flight. */
  readonly budgetMs: number;
  /** As in `MembershipOptions`. */
  readonly commitsAnswered: () => Promise<void>;
  /** `owned` is not what it was: the broker should be told. */
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #owned = new Map<string, OwnedPartition>();
  readonly #revoking = new Set<string>();
  #target = new Map<string, TopicIdPartition>();
  #approaching: Promise<void> | null = null;
  /** Nothing is taken any more. */
  readonly #closing = new AbortController();
  /** The last one that `aim` led to. */
  #revocation: Promise<boolean> = Promise.resolve(true);

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Whether it is on its way out. */
  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  get owned(): readonly OwnedPartition[] {
    return [...this.#owned.values()];
  }

  /** Goes for this target from now on. */
  aim(target: readonly TopicIdPartition[]): void {
    this.#target = new Map(target.map((partition) => [keyOf(partition), partition]));
    if (this.#closing.signal.aborted) return;
    this.#approaching ??= this.#approach()
      .catch((error: unknown) => this.#options.failed(error))
      .finally(() => {
        this.#approaching = null;
      });
  }

  /** Gives up everything as revoked. @returns false when something was cut short */
  async close(budgetMs: number): Promise<boolean> {
    this.#closing.abort();
    const rest = this.owned.filter((partition) => !this.#revoking.has(keyOf(partition)));
    const finished = await Promise.all([this.#revocation, this.#revoke(rest, budgetMs, 'shutdown')]);
    return !finished.includes(false);
  }

  /** It is all gone. @returns what was ours, also what is being revoked */
  drop(): readonly TopicPartition[] {
    this.#closing.abort();
    const owned = this.owned;
    this.#owned.clear();
    return owned;
  }

  async #approach(): Promise<void> {
    const { clock, random, budgetMs, wait } = this.#options;
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; ) {
      const gone = this.owned.filter((partition) => !this.#target.has(keyOf(partition)));
      if (gone.length > 0) {
        this.#revocation = this.#revoke(gone, budgetMs, 'revoked');
        await this.#revocation;
        this.#revocation = Promise.resolve(true);
        continue;
      }
      const missing = this.#missing();
      if (missing.length === 0) break;
      if (this.#take(await this.#namesOf(missing))) {
        failures = 0;
        continue;
      }
      // A topic that was made a moment ago is not known to every broker yet.
      wait.began('Kafka does not say which topics were assigned');
      await sleep(clock, backoffMs(retryBackoff, failures++, random), signal);
    }
    wait.over();
  }

  #missing(): readonly TopicIdPartition[] {
    return [...this.#target].filter(([key]) => !this.#owned.has(key)).map(([, partition]) => partition);
  }

  /** @returns false when none of what is missing has a name yet */
  #take(names: ReadonlyMap<string, string>): boolean {
    if (this.#closing.signal.aborted) return false;
    // The target may have moved while the names were looked for.
    const fresh = this.#missing().flatMap(({ topicId, partition }) => {
      const topic = names.get(topicId);
      return topic === undefined ? [] : [{ topic, topicId, partition }];
    });
    if (fresh.length === 0) return this.#missing().length === 0;
    for (const partition of fresh) this.#owned.set(keyOf(partition), partition);
    this.#options.hooks.assigned(fresh);
    this.#options.changed();
    return true;
  }

  async #revoke(partitions: readonly OwnedPartition[], budgetMs: number, reason: DrainReason): Promise<boolean> {
    if (partitions.length === 0) return true;
    const keys = partitions.map(keyOf);
    for (const key of keys) this.#revoking.add(key);
    const finished = await this.#options.hooks.revoked(partitions, budgetMs, reason);
    // Giving some partitions up does not end our epoch: a commit that is still on its way would be accepted after those
    // of the next owner. Leaving ends it.
    if (reason === 'revoked') await this.#options.commitsAnswered();
    for (const key of keys) {
      this.#revoking.delete(key);
      this.#owned.delete(key);
    }
    this.#options.changed();
    return finished;
  }

  /** @returns topic names by id, of those that are known */
  async #namesOf(partitions: readonly TopicIdPartition[]): Promise<ReadonlyMap<string, string>> {
    const { cluster, topics } = this.#options;
    const known = (): ReadonlyMap<string, string> =>
      new Map(topics.map((name) => [cluster.topic(name).topicId, name] as const));
    try {
      if (!partitions.every(({ topicId }) => known().has(topicId))) await cluster.refresh(topics);
    } catch (error) {
      if (!(error instanceof KafkaError && error.retryable)) throw error;
    }
    return known();
  }
}

function keyOf({ topicId, partition }: TopicIdPartition): string {
  return `${topicId}/${partition}`;
}
