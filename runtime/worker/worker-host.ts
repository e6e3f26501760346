/**
 * Handlers and the runner that calls them, behind plain messages: what a handler thread is made of, and what
 * `execution: inline` uses on the main thread.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import type { Random } from '../core/random.ts';
import type { FromThread, RecordsTask, SetDone, Started, ThreadStart, ToThread } from '../core/thread-messages.ts';
import { type Dedupe, openDedupe } from './dedupe.ts';
import { loadHandlers } from './load-handlers.ts';
import { followPartitions } from './partition-life.ts';
import { type FindSaved, loadSavedOffsets } from './saved-offsets.ts';
import { ThreadRunner } from './thread-runner.ts';

export interface WorkerHost {
  /** First of all, once: imports the handler modules. Never rejects; a mistake in a handler is the answer `failed`. */
  load(): Promise<Started>;
  /** Only after `load` answered `started`. */
  run(task: RecordsTask): Promise<SetDone>;
  receive(message: ToThread): void;
  /** Aborts what runs, reports the last counts, aborts the signal that `setup` got. @returns as `ThreadRunner.end` */
  end(): Promise<void>;
}

export interface WorkerHostOptions {
  readonly start: ThreadStart;
  readonly post: (message: FromThread) => void;
  readonly clock: Clock;
  readonly random: Random;
}

export function createWorkerHost({ start, post, clock, random }: WorkerHostOptions): WorkerHost {
  const ending = new AbortController();
  let runner: ThreadRunner | null = null;
  let dedupe: Dedupe | null = null;
  let saved: FindSaved | null = null;
  const end = (): Promise<void> => {
    const quiet = runner?.end() ?? Promise.resolve();
    ending.abort('shutdown');
    // What runs still may need it.
    return quiet.then(() => dedupe?.close());
  };
  return {
    async load() {
      const loaded = await loadHandlers(start.group, { thread: start.thread, clock, signal: ending.signal });
      if (loaded.kind === 'failed') return loaded;
      const { offsets, name } = start.group;
      try {
        if (offsets != null) saved = await loadSavedOffsets(offsets, name);
      } catch (error) {
        return { kind: 'failed', file: offsets!, message: toErrorData(error).message };
      }
      try {
        dedupe = await openDedupe(start, clock);
      } catch (error) {
        const { message } = toErrorData(error);
        return { kind: 'failed', file: 'dedupe.store', message };
      }
      runner = new ThreadRunner({ ...loaded, dedupe, start, post, clock, random, newId: randomUUID });
      const handlers = loaded.modules.map(({ file, byType, any }) => ({
        file,
        types: [...byType.keys(), ...(any === null ? [] : ['*'])],
      }));
      return { kind: 'started', handlers, followsPartitions: followPartitions(loaded.modules) };
    },
    run(task) {
      // Without handlers nothing may be finished.
      return runner === null ? Promise.resolve({ kind: 'stale', bytes: task.bytes }) : runner.run(task);
    },
    receive(message) {
      if (message.kind === 'end') void end();
      else if (message.kind === 'position') void tellPosition(message, saved, post);
      else runner?.receive(message);
    },
    end,
  };
}

/** Never rejects. */
async function tellPosition(
  { request, topic, partition }: Extract<ToThread, { readonly kind: 'position' }>,
  saved: FindSaved | null,
  post: (message: FromThread) => void,
): Promise<void> {
  try {
    const offset = (await saved?.({ topic, partition })) ?? null;
    post({ kind: 'position', request, offset, error: null });
  } catch (error) {
    post({ kind: 'position', request, offset: null, error: toErrorData(error) });
  }
}
