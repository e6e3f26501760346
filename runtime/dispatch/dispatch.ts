/** Makes the dispatch stage of one group: its handlers run in threads, or on the main thread where the manifest says so. */
import type { Dispatch } from '../core/stages.ts';
import { Dispatcher, type DispatcherOptions } from './dispatcher.ts';
import type { MakeThread } from './handler-thread.ts';
import { createInlineThread } from './inline-thread.ts';
import { createPooledThread } from './thread-pool.ts';
import type { ThreadStartOptions } from './thread-start.ts';

export interface DispatchOptions extends Omit<DispatcherOptions, 'makeThread'>, ThreadStartOptions {
  /** Environment variables that handlers must not see: those that secrets are read from. */
  readonly hiddenEnv?: readonly string[];
}

export function createDispatch(options: DispatchOptions): Dispatch {
  const { group } = options;
  const makeThread: MakeThread =
    group.execution === 'inline'
      ? (index, hooks) => createInlineThread(options, index, hooks)
      : (index, hooks) => createPooledThread(options, index, hooks);
  return new Dispatcher({ ...options, makeThread });
}
