/** Makes the stages of one group out of what all groups share. How they work together: `group-runner.ts`. */
import { createCommit } from '../commit/committer.ts';
import { createConsumer } from '../consumer/consumer.ts';
import { ProgressPool } from '../core/progress.ts';
import { partitionKey, type TopicPartition } from '../core/record-set.ts';
import { secretVariables } from '../core/secret-variables.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { Consumer, ConsumerHooks } from '../core/stages.ts';
import { createDispatch } from '../dispatch/dispatch.ts';
import { createOutcome } from '../outcome/settle.ts';
import type { StageMakers } from './group-runner.ts';
import { ensureGroupTopics } from './group-topics.ts';
import { ProgressReturns } from './progress-returns.ts';
import type { Shared, SharedDeps } from './shared.ts';
import { Shares } from './shares.ts';

/** Where records come from, and the little that all else needs of what carries them. */
export interface GroupSource extends Pick<Shared, 'bytes' | 'publish' | 'writeDeadLetter'> {
  /** @param pool where the shared memory of its record sets comes from */
  consumer(hooks: ConsumerHooks, pool: ProgressPool): Consumer;
  topics(): Promise<void>;
}

/** For one run of the group: after an error everything is made anew. */
export function buildGroup(group: GroupSettings, shared: Shared, deps: SharedDeps): StageMakers {
  const { client, cluster, bytes, stores, publish, writeDeadLetter } = shared;
  const endOf = (partition: TopicPartition): number =>
    deps.readUpTo?.get(partitionKey(partition)) ?? Number.POSITIVE_INFINITY;
  const source: GroupSource = {
    ...{ bytes, publish, writeDeadLetter },
    consumer: (hooks, pool) => createConsumer({ ...deps, group, client, cluster, pool, bytes, endOf, hooks }),
    async topics() {
      await stores.reach(group);
      await ensureGroupTopics(group, client, deps);
    },
  };
  return buildStages(group, source, deps);
}

/** As `buildGroup`, whatever carries the records. */
export function buildStages(group: GroupSettings, source: GroupSource, deps: SharedDeps): StageMakers {
  const { clock, random, emit, logLevel } = deps;
  const common = { clock, random, emit };
  const pool = new ProgressPool();
  const { letGo } = new ProgressReturns(pool);
  return {
    consumer: (hooks) => source.consumer(hooks, pool),
    dispatch: (hooks) =>
      createDispatch({
        ...common,
        group,
        logLevel,
        hooks,
        release: letGo,
        returned: (memory) => source.bytes.give(memory),
        hiddenEnv: secretVariables,
      }),
    commit: (consumer) =>
      createCommit({
        ...common,
        group: group.name,
        settings: group.commit,
        commit: (offsets) => consumer.commit(offsets),
        release: letGo,
      }),
    outcome: () => createOutcome({ ...common, group, write: source.writeDeadLetter }),
    shares: new Shares(group.concurrency.shares, pool, source.bytes),
    publish: source.publish,
    topics: source.topics,
  };
}
