/**
 * `execution: inline`: the same runner on the main thread, for handlers that mostly wait. Nothing can be killed here: a
 * handler that blocks holds up the whole process, heartbeats too, and one that ignores its signal goes on. A runner that
 * is replaced because of such a handler is waited for: all others of its handlers settle before their records run again.
 *
 * The one place outside `worker/` that imports from it, and only when it is used: stages do not know one another
 * otherwise.
 */
import type { Clock } from '../core/clock.ts';
import { HandlerError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { RecordsTask, SetDone, ToThread } from '../core/thread-messages.ts';
import { ThreadPulse } from '../core/thread-pulse.ts';
import type { WorkerHost } from '../worker/worker-host.ts';
import type { HandlerThread, HandlerThreadHooks } from './handler-thread.ts';
import { type ThreadStartOptions, threadStart } from './thread-start.ts';

export interface InlineThreadOptions extends ThreadStartOptions {
  readonly clock: Clock;
  readonly random: Random;
}

export function createInlineThread(
  options: InlineThreadOptions,
  index: number,
  hooks: HandlerThreadHooks,
): HandlerThread {
  let host: WorkerHost | null = null;
  let killed: Promise<void> | null = null;
  let followsPartitions = false;
  const ended = Promise.withResolvers<void>();
  const release = (): Promise<void> => {
    const quiet = host?.end() ?? Promise.resolve();
    host = null;
    return quiet;
  };
  const kill = (): Promise<void> => {
    killed ??= Promise.race([release(), ended.promise]);
    return killed;
  };
  return {
    pulse: null, // whoever would look at it is blocked together with it
    get followsPartitions() {
      return followsPartitions;
    },
    async start() {
      const { createWorkerHost } = await import('../worker/worker-host.ts');
      const { clock, random } = options;
      const start = threadStart(options, index, new ThreadPulse());
      host = createWorkerHost({ start, post: (message) => hooks.message(message), clock, random });
      const started = await host.load();
      if (started.kind === 'started') {
        followsPartitions = started.followsPartitions;
        return;
      }
      await kill();
      const message = `the handlers cannot be loaded: ${started.file}: ${started.message}`;
      throw new HandlerError('RT_HANDLER_LOAD', message, { retryable: false });
    },
    async run(task: RecordsTask): Promise<SetDone> {
      const running = host;
      const done = await running?.run(task);
      if (done === undefined || host !== running) throw new Error('the runner has ended');
      // As between threads: whoever still has a view of these bytes must not see what comes into them next.
      return { ...done, bytes: done.bytes?.transfer() ?? null };
    },
    post(message: ToThread) {
      host?.receive(message);
    },
    // The process ends, or the group begins anew: what still runs is waited for no longer.
    end() {
      ended.resolve();
      return kill();
    },
    kill,
  };
}
