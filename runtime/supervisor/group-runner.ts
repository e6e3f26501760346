/**
 * One consumer group, from fetch to commit. The whole path of a record is on this page:
 *
 *   consumer ──record sets──▶ commit.track ──▶ dispatch ──bytes──▶ handler threads
 *                                  ▲                                   │ progress (shared memory)
 *                                  └───────────────────────────────────┤
 *                                     outcome ◀── exhausted records ───┘
 *
 * With `concurrency.split: workers` what was fetched goes to several threads, each with its share of the keys.
 */
import { shareKey } from '../core/record-set.ts';
import type { Commit, Consumer, ConsumerHooks, Dispatch, DispatchHooks, Outcome, Stages } from '../core/stages.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import type { Shares } from './shares.ts';

/** How to make each stage, given what it may ask of the others. */
export interface StageMakers {
  consumer(hooks: ConsumerHooks): Consumer;
  dispatch(hooks: DispatchHooks): Dispatch;
  commit(consumer: Consumer): Commit;
  outcome(): Outcome;
  readonly shares: Shares;
  publish: DispatchHooks['publish'];
  /** Creates what is missing of the topics that the group reads, and of their dead letter topics. */
  topics(): Promise<void>;
}

/**
 * Runs the group until `signal` is aborted, then drains: what is in flight finishes within `drainBudgetMs` and is
 * committed before the group is left.
 * @returns false when something in flight was cut short
 * @throws KafkaError when the group cannot go on, HandlerError when its handlers cannot be loaded
 */
export async function runGroup(make: StageMakers, drainBudgetMs: number, signal: AbortSignal): Promise<boolean> {
  const { consumer, dispatch, commit, outcome } = connect(make);
  try {
    // Handlers come first: a module that does not load is told without any Kafka. Both may take seconds, and who wants
    // the end meanwhile does not wait: nothing is in flight yet.
    await unlessAborted(dispatch.start(), signal);
    if (!signal.aborted) await unlessAborted(make.topics(), signal);
    // A partition without room is left out of the fetch: this is the backpressure, and no partition waits for another.
    for await (const fetched of consumer.recordSets(signal)) {
      for (const set of make.shares.deal(fetched)) {
        commit.track(set);
        dispatch.accept(set);
      }
    }
    return await consumer.leave(drainBudgetMs);
  } finally {
    commit.stop();
    outcome.stop();
    await dispatch.stop();
  }
}

/** Joins the stages. Each of these functions is one sequence of `ARCHITECTURE.md`: open, revoke, lose, recover. */
function connect(make: StageMakers): Stages {
  const { shares } = make;
  const consumer = make.consumer({
    hasRoom: (partition) => dispatch.hasRoom(partition),
    position: (partition) => dispatch.position(partition),
    opened(partition, epoch, position) {
      for (const share of shares.open(partition, epoch, position)) {
        commit.open(share, epoch, position);
        dispatch.open(share, epoch, null);
      }
    },
    // Finish first, commit second, release last: the other way round finished work would run again.
    async revoked(partitions, budgetMs, reason) {
      const finished = await dispatch.drain(partitions, budgetMs, reason);
      await commit.flush(partitions);
      commit.forget(partitions);
      shares.forget(partitions);
      return finished;
    },
    lost(partitions) {
      commit.forget(partitions);
      shares.forget(partitions);
      dispatch.abort(partitions);
    },
  });
  const commit = make.commit(consumer);
  const outcome = make.outcome();
  const dispatch = make.dispatch({
    exhausted: (report, ended) => outcome.settle(report, ended),
    publish: (records, options) => make.publish(records, options),
    progressed() {
      commit.progressed();
      consumer.wake();
    },
    // What was finished beyond the checkpoint is known from shared memory, so it does not run again.
    threadDied(died, suspects) {
      for (const share of died) {
        const left = commit.rewind(share);
        if (left === null) continue;
        shares.rewind(share, left.checkpoint);
        const epoch = consumer.reopen(share, shares.position(share));
        if (epoch === null) continue;
        shares.reopen(share, epoch);
        commit.open(share, epoch, left.checkpoint);
        dispatch.open(share, epoch, { finished: left.finished, suspects: suspects.get(shareKey(share)) ?? [] });
      }
    },
    corrupt: (partition, offset, message) => consumer.damaged(partition, offset, message),
  });
  return { consumer, dispatch, commit, outcome };
}
