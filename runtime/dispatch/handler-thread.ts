/**
 * One thread that runs handlers, as the dispatcher sees it: a real one (`thread-pool.ts`) or the main thread itself
 * (`inline-thread.ts`). It is started once and never comes back: after its end another one is made.
 */

import type { FromThread, RecordsTask, SetDone, ToThread } from '../core/thread-messages.ts';
import type { ThreadPulse } from '../core/thread-pulse.ts';

export interface HandlerThread {
  /** Shows whether its event loop turns; null where nobody could act on it. */
  readonly pulse: ThreadPulse | null;
  /** Once it has started: whether its handlers want to hear of partitions that come and go (`open`, `close`). */
  readonly followsPartitions: boolean;
  /** Loads the handlers. @throws HandlerError `RT_HANDLER_LOAD` */
  start(): Promise<void>;
  /** `task.bytes` is transferred. Rejects when the thread ends before the set is done. */
  run(task: RecordsTask): Promise<SetDone>;
  /** Has no effect once the thread has ended. */
  post(message: ToThread): void;
  /** Lets it report its last counts, if it has started, then ends it. Also while `kill` is under way. */
  end(): Promise<void>;
  /** Ends it wherever it is; resolves when nothing of it runs or writes any more. */
  kill(): Promise<void>;
}

export interface HandlerThreadHooks {
  message(message: FromThread): void;
  /** It ended by itself: neither `end` nor `kill` was called. Once at most. */
  died(reason: string): void;
}

/** @param index of the thread in its group, from 0 */
export type MakeThread = (index: number, hooks: HandlerThreadHooks) => HandlerThread;
