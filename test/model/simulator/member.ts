/** One process of the group: the real stages, joined as in production, on a simulated client and simulated threads. */
import { createCommit } from '../../../runtime/commit/committer.ts';
import { createConsumer } from '../../../runtime/consumer/consumer.ts';
import { BytesPool } from '../../../runtime/core/bytes-pool.ts';
import type { Emit } from '../../../runtime/core/events.ts';
import { ProgressPool } from '../../../runtime/core/progress.ts';
import type { Random } from '../../../runtime/core/random.ts';
import type { GroupSettings } from '../../../runtime/core/settings.ts';
import { Dispatcher } from '../../../runtime/dispatch/dispatcher.ts';
import type { MakeThread } from '../../../runtime/dispatch/handler-thread.ts';
import type { Cluster } from '../../../runtime/kafka/cluster.ts';
import type { KafkaClient } from '../../../runtime/kafka/port.ts';
import { createOutcome } from '../../../runtime/outcome/settle.ts';
import type { Producer } from '../../../runtime/publisher/producer.ts';
import { keepRunning } from '../../../runtime/supervisor/group-restart.ts';
import { runGroup, type StageMakers } from '../../../runtime/supervisor/group-runner.ts';
import { ProgressReturns } from '../../../runtime/supervisor/progress-returns.ts';
import type { GroupEnd } from '../../../runtime/supervisor/run-end.ts';
import { Shares } from '../../../runtime/supervisor/shares.ts';
import type { Place } from './timeline.ts';

export interface MemberOptions {
  readonly group: GroupSettings;
  readonly clock: Place;
  readonly random: Random;
  readonly emit: Emit;
  readonly client: KafkaClient;
  readonly cluster: Cluster;
  readonly producer: Producer;
  readonly makeThread: MakeThread;
  readonly drainBudgetMs: number;
}

/** Runs until the signal is aborted and the drain is over; errors that pass start it again. */
export function runMember(options: MemberOptions, signal: AbortSignal): Promise<GroupEnd> {
  const { group, drainBudgetMs } = options;
  const run = (signal: AbortSignal): Promise<boolean> => runGroup(makers(options), drainBudgetMs, signal);
  return keepRunning({ group: group.name, run }, options, signal);
}

/** As `build-group.ts` does it, but for the threads. */
function makers(options: MemberOptions): StageMakers {
  const { group, producer } = options;
  const pool = new ProgressPool();
  const bytes = new BytesPool();
  const { letGo } = new ProgressReturns(pool);
  return {
    consumer: (hooks) => createConsumer({ ...options, pool, bytes, hooks }),
    dispatch: (hooks) =>
      new Dispatcher({ ...options, hooks, release: letGo, returned: (memory) => bytes.give(memory) }),
    commit: (consumer) =>
      createCommit({
        ...options,
        group: group.name,
        settings: group.commit,
        commit: (offsets) => consumer.commit(offsets),
        release: letGo,
      }),
    outcome: () => createOutcome({ ...options, write: (record) => producer.send([record], { deadLetter: true }) }),
    shares: new Shares(group.concurrency.shares, pool, bytes),
    publish: (records, options) => producer.publish(records, options),
    topics: () => Promise.resolve(),
  };
}
