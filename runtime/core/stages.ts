/**
 * What the stages of one consumer group promise each other. Stages do not import one another: each folder exports a
 * `createX` that fits its interface here, and they meet in `group-runner.ts`.
 */
import type { RecordSet, Share, TopicPartition } from './record-set.ts';
import type {
  AbortReason,
  ExhaustedReport,
  Opening,
  OutboundRecord,
  PublishOptions,
  PublishResult,
} from './thread-messages.ts';

/** `consumer/`: which partitions are mine, what arrived? Holds assignment, generation, positions. */
export interface Consumer {
  /**
   * Joins the group and yields record sets as they arrive, until `signal` is aborted. Partitions are fetched while
   * `hooks.hasRoom` says so; the next fetch is under way while earlier sets are worked on.
   * @throws KafkaError when the group cannot go on: retryable ones are worth a restart
   */
  recordSets(signal: AbortSignal): AsyncIterable<RecordSet>;
  /** Some partition may have room again: look now instead of at the next turn. */
  wake(): void;
  /** One OffsetCommit under the current membership. Never more than one at a time: the committer sees to it. */
  commit(offsets: readonly CommitOffset[]): Promise<CommitReply>;
  /**
   * Reads an owned partition again from `position`.
   * @returns its new epoch; null when the partition is not owned any more
   */
  reopen(partition: TopicPartition, position: number): number | null;
  /**
   * The bytes at `offset` do not decode. Damage on the way is gone the next time (`again`: reopen it after a while); damage
   * in the log is not, and the partition is not read any more (`stopped`); what is done may be committed.
   */
  damaged(partition: TopicPartition, offset: number, reason: string): 'again' | 'stopped';
  /**
   * Gives up every partition as revoked (`hooks.revoked`), leaves the group, closes its connections.
   * @returns false when something in flight was cut short
   */
  leave(budgetMs: number): Promise<boolean>;
}

/** What the consumer asks of the others; calls for one partition come in the order opened → revoked or lost. */
export interface ConsumerHooks {
  hasRoom(partition: TopicPartition): boolean;
  /** Where the user has saved that the partition begins, as `Dispatch.position`; asked with `offsets` only. */
  position?(partition: TopicPartition): Promise<number | null>;
  /** The first time under `epoch`, which no earlier assignment had. `position` is the next offset to be read. */
  opened(partition: TopicPartition, epoch: number, position: number): void;
  /**
   * The partitions go to another member: finish what is in flight within `budgetMs`, commit, release. Membership is
   * kept alive meanwhile, and they are given up when this resolves: with false when something was cut short.
   */
  revoked(partitions: readonly TopicPartition[], budgetMs: number, reason: DrainReason): Promise<boolean>;
  /** The partitions are gone already: nothing may be committed for them. */
  lost(partitions: readonly TopicPartition[]): void;
}

/** What a handler that is aborted at the end of the budget is told (`ctx.signal.reason`). */
export type DrainReason = Extract<AbortReason, 'revoked' | 'shutdown'>;

export interface CommitOffset extends TopicPartition {
  readonly epoch: number;
  /** Next offset to read. */
  readonly offset: number;
}

/**
 * `committed`: by these. `retry`: nothing is lost, try later. `lost`: the membership is gone; the consumer rejoins and
 * reports the partitions as lost.
 */
export type CommitReply =
  | { readonly kind: 'committed' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

/** `dispatch/`: which thread gets these bytes, and how many may be in flight? */
export interface Dispatch {
  /** Starts the threads and loads the handlers. @throws HandlerError `RT_HANDLER_LOAD` */
  start(): Promise<void>;
  hasRoom(partition: TopicPartition): boolean;
  /** A share begins, or begins anew, under `epoch`. What is still in flight of its older epochs is dropped. */
  open(share: Share, epoch: number, opening: Opening | null): void;
  /** Hands the set to its thread; one of an older epoch is dropped. */
  accept(set: RecordSet): void;
  /**
   * Waits until everything in flight of these partitions is finished, at most `budgetMs`; then aborts the rest. What
   * waits for an operator (held records, corrupt bytes, and all behind them) is not waited for. Afterwards nothing of
   * the partitions runs or counts. @returns false when something was cut short
   */
  drain(partitions: readonly TopicPartition[], budgetMs: number, reason: DrainReason): Promise<boolean>;
  /**
   * Asks the module of `offsets` in the partition's thread.
   * @returns the next offset to read, null where nothing was saved @throws HandlerError `RT_OFFSETS_LOAD`: ask again
   */
  position(partition: TopicPartition): Promise<number | null>;
  /** Aborts at once. */
  abort(partitions: readonly TopicPartition[]): void;
  /** Ends the threads. */
  stop(): Promise<void>;
}

/** What dispatch asks of the others. */
export interface DispatchHooks {
  /**
   * Resolves when the record counts as finished; `held` when it never will without an operator.
   * @param ended aborted with the record's epoch: nobody waits for the outcome any more
   */
  exhausted(report: ExhaustedReport, ended: AbortSignal): Promise<'settled' | 'held'>;
  publish(records: readonly OutboundRecord[], options?: PublishOptions): Promise<PublishResult>;
  /** Records finished or room was made. */
  progressed(): void;
  /** A thread died and is being replaced: these shares must be read again. Suspects by `shareKey`. */
  threadDied(shares: readonly Share[], suspects: ReadonlyMap<string, Opening['suspects']>): void;
  /** Bytes that do not decode: `again` when they are worth another read. */
  corrupt(partition: TopicPartition, offset: number, message: string): 'again' | 'stopped';
}

/** `commit/`: how far is a partition done? */
export interface Commit {
  /** A share begins, or begins anew, under `epoch`; `position` is where it is read from. */
  open(share: Share, epoch: number, position: number): void;
  /** Follows the set's progress until it is finished; one of an older epoch is ignored. */
  track(set: RecordSet): void;
  /** Records have finished since: commits when `commit.everyRecords` is reached. */
  progressed(): void;
  /** Commits what is finished of these partitions now, and waits for the answer. */
  flush(partitions: readonly TopicPartition[]): Promise<void>;
  /** Where to read again from, and what is finished beyond it. Ends the tracking under the share's epoch. */
  rewind(share: Share): Rewound | null;
  /** Ends the tracking: nothing of these partitions is committed any more. */
  forget(partitions: readonly TopicPartition[]): void;
  /** Stops the timer. */
  stop(): void;
}

/** What is done of a share that is read again. */
export interface Rewound {
  readonly checkpoint: number;
  /** Beyond the checkpoint. */
  readonly finished: readonly number[];
}

/** `outcome/`: retries are used up: dead-letter, drop or hold? */
export interface Outcome {
  /**
   * Resolves when the decision is carried out, however long the dead letter topic refuses.
   * @param ended aborted when the partition is given up or read again: no more is tried then, and it never resolves
   */
  settle(report: ExhaustedReport, ended: AbortSignal): Promise<'settled' | 'held'>;
  /** Gives up waiting writes; their promises never resolve. */
  stop(): void;
}

export interface Stages {
  readonly consumer: Consumer;
  readonly dispatch: Dispatch;
  readonly commit: Commit;
  readonly outcome: Outcome;
}
