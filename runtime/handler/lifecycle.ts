/**
 * What a handler module may be told besides events: that its thread begins, and which partitions come and go. It is the
 * second argument of `defineHandlers`.
 *
 *   setup ─▶ onAssigned(p) ─▶ events of p ─▶ onRevoked(p) ─▶ onAssigned(p) …      in the thread that has the partition
 */
import type { TopicPartition } from '../core/record-set.ts';
import type { Context } from './context.ts';

export interface Lifecycle {
  /** Once per thread, before the first event; the thread is ready when it resolves. `signal`: the thread is to end. */
  setup?(env: SetupEnv): unknown;
  /**
   * The partition comes to this thread: its first event is handled when this resolves. Fails: again after the backoff of
   * `retry`, however often; the partition waits. Also after a thread was replaced, in the new one.
   */
  onAssigned?(partition: TopicPartition, ctx: PartitionContext): unknown;
  /**
   * The partition goes: no handler of its events runs any more, and its last commit waits for this, at most until the
   * drain budget is over. Called for every `onAssigned` that resolved, unless the thread itself died.
   */
  onRevoked?(partition: RevokedPartition, ctx: PartitionContext): unknown;
}

export interface SetupEnv {
  readonly group: string;
  /** Index of the thread in its group, from 0. */
  readonly thread: number;
  readonly signal: AbortSignal;
}

export interface RevokedPartition extends TopicPartition {
  /**
   * Somebody else may have the partition already, and nothing is committed for it any more: what is to be saved must not
   * overwrite what the next owner saves (`ctx.fence`).
   */
  readonly lost: boolean;
}

/** Without what only a record has. */
export interface PartitionContext
  extends Pick<Context, 'group' | 'attempt' | 'deadline' | 'signal' | 'fence' | 'log' | 'publish'> {}
