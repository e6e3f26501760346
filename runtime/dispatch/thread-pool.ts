/**
 * A handler thread in a piscina pool of its own with exactly one thread: whoever sends to the pool knows which thread
 * it reaches, order is kept, and a crash costs this thread only. Why each option is set stands beside it; measured in
 * a throw-away harness with 1,000 records per task, where no option made a difference in speed.
 *
 * Record sets go as tasks, all other messages through a MessagePort. The port closes in the moment the thread ends,
 * whatever ended it, with or without tasks: that is how its death is noticed. piscina then puts a new, empty thread in
 * its place; the whole pool is thrown away instead, because that thread has loaded nothing.
 */
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import '../core/wasm-wrappers.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import { HandlerError } from '../core/errors.ts';
import type {
  FromThread,
  RecordsTask,
  SetDone,
  Started,
  StartTask,
  ThreadTask,
  ToThread,
} from '../core/thread-messages.ts';
import { ThreadPulse } from '../core/thread-pulse.ts';
import { Turns } from '../core/turns.ts';
import type { HandlerThread, HandlerThreadHooks } from './handler-thread.ts';
import { type ThreadStartOptions, threadStart } from './thread-start.ts';

export interface ThreadPoolOptions extends ThreadStartOptions {
  readonly clock: Clock;
  /** Names of environment variables that handlers must not see: those that secrets are read from. */
  readonly hiddenEnv?: readonly string[];
}

/** Only import specifiers are rewritten when the package is built, so the file's ending is chosen here. */
const workerFile = new URL(`../worker/thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);

/**
 * The thread itself tells after 8 s which module does not load; this is for one that blocks the thread meanwhile. Long,
 * since a thread starts slowly on a machine that does much else, and such a group would be given up for nothing.
 */
const startTimeoutMs = 60_000;
/**
 * Threads of this process that load at once. All of fifty groups together would take the processor from one another and
 * run into their time limit, each of them; with a few spare ones, a module that blocks its thread holds up nobody else.
 */
const starts = new Turns(Math.max(4, availableParallelism()));
const lastReportMs = 250; // a healthy thread answers within a turn of its loop

export function createPooledThread(
  options: ThreadPoolOptions,
  index: number,
  hooks: HandlerThreadHooks,
): HandlerThread {
  return new PooledThread(options, index, hooks);
}

class PooledThread implements HandlerThread {
  readonly pulse = new ThreadPulse();
  followsPartitions = false;
  readonly #options: ThreadPoolOptions;
  readonly #index: number;
  readonly #hooks: HandlerThreadHooks;
  /** From its start on. */
  #pool: Piscina<ThreadTask, Started | SetDone> | null = null;
  readonly #port: MessagePort;
  readonly #threadPort: MessagePort;
  #started: boolean = false;
  /** Its end was asked for, or has come. */
  #ending: boolean = false;
  #destroyed: Promise<void> | null = null;
  #reported: (() => void) | null = null;

  constructor(options: ThreadPoolOptions, index: number, hooks: HandlerThreadHooks) {
    this.#options = options;
    this.#index = index;
    this.#hooks = hooks;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#threadPort = port2;
    port1.on('message', (message: FromThread) => this.#message(message));
    port1.on('close', () => this.#died('the thread ended'));
  }

  start(): Promise<void> {
    return starts.during(() => this.#start());
  }

  async #start(): Promise<void> {
    if (this.#ending) return;
    const { clock } = this.#options;
    const pool = this.#makePool();
    this.#pool = pool;
    const start = threadStart(this.#options, this.#index, this.pulse);
    const task: StartTask = { kind: 'start', start, port: this.#threadPort };
    const late = new AbortController();
    const timeout = sleep(clock, startTimeoutMs, late.signal).then(() => 'late' as const);
    try {
      const running = pool.run(task, { transferList: [this.#threadPort] }) as Promise<Started>;
      const started = await Promise.race([running, timeout]);
      if (started === 'late') throw notLoaded(`they did not load within ${startTimeoutMs / 1000} s`);
      if (started.kind === 'failed') throw notLoaded(`${started.file}: ${started.message}`);
      this.followsPartitions = started.followsPartitions;
      this.#started = true;
    } catch (error) {
      await this.kill();
      if (error instanceof HandlerError) throw error;
      throw notLoaded(`the thread ended while it loaded them: ${toErrorData(error).message}`, error);
    } finally {
      late.abort();
    }
  }

  async run(task: RecordsTask): Promise<SetDone> {
    // A destroyed pool would make a new thread for the task.
    if (this.#ending || this.#pool === null) throw new Error('the thread has ended');
    try {
      return (await this.#pool.run(task, { transferList: [task.bytes] })) as SetDone;
    } catch (error) {
      // What a thread says of its own end knows more than that it has ended, and may be behind it in the same turn.
      await nextTurn();
      throw error;
    }
  }

  post(message: ToThread): void {
    if (!this.#ending) this.#port.postMessage(message);
  }

  async end(): Promise<void> {
    if (!this.#ending && this.#started) {
      const reported = new AbortController();
      this.#reported = () => reported.abort();
      this.post({ kind: 'end' });
      this.#ending = true;
      await sleep(this.#options.clock, lastReportMs, reported.signal);
    }
    await this.kill();
  }

  kill(): Promise<void> {
    this.#ending = true;
    this.#destroyed ??= (this.#pool?.destroy() ?? Promise.resolve()).finally(() => this.#port.close());
    return this.#destroyed;
  }

  #makePool(): Piscina<ThreadTask, Started | SetDone> {
    const { group, hiddenEnv = [] } = this.#options;
    const pool = new Piscina({
      filename: workerFile.href,
      minThreads: 1,
      maxThreads: 1,
      // A set holds its task until its last record is finished, which may be long: piscina must never queue.
      concurrentTasksPerWorker: Number.MAX_SAFE_INTEGER,
      stricterFIFO: true, // without it a task that finds the thread busy goes back to the end of the queue
      atomics: 'async', // `sync` stops the thread's event loop while it is idle: no timers, no keep-alives
      recordTiming: false,
      ...heapLimit(group.concurrency.maxHeapBytes),
      env: visibleEnv(hiddenEnv),
    });
    pool.on('error', (error) => this.#died(toErrorData(error).message));
    return pool;
  }

  #message(message: FromThread): void {
    this.#hooks.message(message);
    if (message.kind === 'tally') this.#reported?.();
  }

  #died(reason: string): void {
    this.#reported?.();
    if (this.#ending) return;
    void this.kill();
    this.#hooks.died(reason);
  }
}

/** `concurrency.maxHeap`. Beyond it the thread ends, and the process does not. */
function heapLimit(bytes: number | null) {
  if (bytes === null) return {};
  return { resourceLimits: { maxOldGenerationSizeMb: Math.floor(bytes / 1024 ** 2) } };
}

function visibleEnv(hidden: readonly string[]): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of hidden) delete env[name];
  return env;
}

function notLoaded(why: string, cause?: unknown): HandlerError {
  return new HandlerError('RT_HANDLER_LOAD', `the handlers cannot be loaded: ${why}`, {
    retryable: false,
    ...(cause !== undefined && { cause }),
  });
}
