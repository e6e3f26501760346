/** Makes the stages of one group out of what all groups share. How they work together: `group-runner.ts`. */
import { createCommit } from '../commit/committer.ts';
import { createConsumer } from '../consumer/consumer.ts';
import { ProgressPool } from '../core/progress.ts';
import { secretVariables } from '../core/secret-variables.ts';
import type { GroupSettings } from '../core/settings.ts';
import { createDispatch } from '../dispatch/dispatch.ts';
import { createOutcome } from '../outcome/settle.ts';
import type { StageMakers } from './group-runner.ts';
import { ensureGroupTopics } from './group-topics.ts';
import { ProgressReturns } from './progress-returns.ts';
import type { Shared, SharedDeps } from './shared.ts';

/** For one run of the group: after an error everything is made anew. */
export function buildGroup(
  group: GroupSettings,
  { client, cluster, bytes, publish, writeDeadLetter }: Shared,
  deps: SharedDeps,
): StageMakers {
  const { clock, random, emit, logLevel, drainBudgetMs } = deps;
  const common = { clock, random, emit };
  const pool = new ProgressPool();
  const { letGo } = new ProgressReturns(pool);
  return {
    consumer: (hooks) => createConsumer({ ...common, group, client, cluster, pool, bytes, drainBudgetMs, hooks }),
    dispatch: (hooks) =>
      createDispatch({
        ...common,
        group,
        logLevel,
        hooks,
        release: letGo,
        returned: (memory) => bytes.give(memory),
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
    outcome: () => createOutcome({ ...common, group, write: writeDeadLetter }),
    publish,
    topics: () => ensureGroupTopics(group, client, deps),
  };
}
