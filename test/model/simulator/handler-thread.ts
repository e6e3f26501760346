/**
 * A handler thread without a thread: the real runner behind the dispatcher's port, on a clock of its own. It dies when
 * that clock stops, and hangs when the clock stops without anybody being told. Tasks and messages take two ways of
 * their own, as between real threads, and overtake one another.
 *
 *   new ─▶ started ─▶ dies by itself ─▶ told later (`died`)
 *              ├────▶ hangs: its pulse stands still until somebody kills it
 *              └────▶ kill, end ─▶ gone a moment later; until then it goes on and writes progress
 */
import { HandlerError } from '../../../runtime/core/errors.ts';
import type { Random } from '../../../runtime/core/random.ts';
import type { GroupSettings } from '../../../runtime/core/settings.ts';
import type { RecordsTask, SetDone, ToThread } from '../../../runtime/core/thread-messages.ts';
import { ThreadPulse } from '../../../runtime/core/thread-pulse.ts';
import type { HandlerThread, HandlerThreadHooks } from '../../../runtime/dispatch/handler-thread.ts';
import { threadStart } from '../../../runtime/dispatch/thread-start.ts';
import { checkHandlers } from '../../../runtime/worker/check-handlers.ts';
import { noShapes } from '../../../runtime/worker/event-shapes.ts';
import { followPartitions } from '../../../runtime/worker/partition-life.ts';
import { ThreadRunner } from '../../../runtime/worker/thread-runner.ts';
import { Place, type Timeline } from './timeline.ts';

const beatMs = 900; // below `timeouts.handler`

export interface SimulatedThreadOptions {
  readonly group: GroupSettings;
  readonly timeline: Timeline;
  /** The main thread of its process. */
  readonly main: Place;
  readonly random: Random;
  /** What the handler module exports as its default, for this thread. */
  readonly handlersFor: (thread: SimulatedThread) => object;
  readonly startFails: () => boolean;
  /** Nothing of it runs any more. */
  readonly gone: (thread: SimulatedThread) => void;
  readonly handedOver: (task: RecordsTask) => void;
  readonly answered: (task: RecordsTask) => void;
}

interface Running {
  readonly task: RecordsTask;
  readonly result: PromiseWithResolvers<SetDone>;
}

export class SimulatedThread implements HandlerThread {
  readonly pulse = new ThreadPulse();
  followsPartitions = false;
  readonly index: number;
  readonly clock: Place;
  readonly #options: SimulatedThreadOptions;
  readonly #hooks: HandlerThreadHooks;
  readonly #running = new Set<Running>();
  readonly #toTasks: Way;
  readonly #toPort: Way;
  readonly #fromTasks: Way;
  readonly #fromPort: Way;
  #runner: ThreadRunner | null = null;
  #ending = false;
  #killed: Promise<void> | null = null;

  constructor(options: SimulatedThreadOptions, index: number, hooks: HandlerThreadHooks) {
    const { timeline, main, random } = options;
    this.#options = options;
    this.index = index;
    this.#hooks = hooks;
    this.clock = new Place(timeline, main);
    this.#toTasks = new Way(this.clock, random);
    this.#toPort = new Way(this.clock, random);
    this.#fromTasks = new Way(main, random);
    this.#fromPort = new Way(main, random);
  }

  async start(): Promise<void> {
    const { group, main, random, handlersFor, startFails } = this.#options;
    await new Promise<void>((resolve) => main.after(random() * 50, resolve));
    if (startFails()) {
      await this.kill();
      throw new HandlerError('RT_HANDLER_LOAD', 'the handlers cannot be loaded', { retryable: false });
    }
    const exported = { default: handlersFor(this) };
    const modules = [checkHandlers(exported, { file: '/handlers.ts', events: null }, group)];
    this.followsPartitions = followPartitions(modules);
    this.#runner = new ThreadRunner({
      start: threadStart({ group, logLevel: 'silent' }, this.index, this.pulse),
      modules,
      shapes: noShapes,
      post: (message) => this.#fromPort.send(() => this.#hooks.message(message)),
      clock: this.clock,
      random,
      newId: () => '00000000-0000-4000-8000-000000000000',
    });
    this.#beat();
  }

  run(task: RecordsTask): Promise<SetDone> {
    if (this.#ending) return Promise.reject(new Error('the thread has ended'));
    // As a transfer does: the main thread cannot read these bytes any more.
    const moved = { ...task, bytes: task.bytes.transfer() };
    const running = { task, result: Promise.withResolvers<SetDone>() };
    this.#running.add(running);
    this.#options.handedOver(task);
    this.#toTasks.send(() => {
      void this.#runner?.run(moved).then((done) => {
        const back = { ...done, bytes: done.bytes?.transfer() ?? null } as SetDone; // the thread cannot read them either
        this.#fromTasks.send(() => this.#settle(running, () => running.result.resolve(back)));
      });
    });
    return running.result.promise;
  }

  post(message: ToThread): void {
    if (!this.#ending) this.#toPort.send(() => this.#runner?.receive(message));
  }

  async end(): Promise<void> {
    this.post({ kind: 'end' });
    this.#ending = true;
    await new Promise<void>((resolve) => this.#options.main.after(this.#options.random() * 20, resolve));
    await this.kill();
  }

  kill(): Promise<void> {
    this.#ending = true;
    this.#killed ??= new Promise((resolve) => {
      const { main, random } = this.#options;
      main.after(random() * 5, () => {
        this.#stop();
        this.#rejectAll();
        resolve();
      });
    });
    return this.#killed;
  }

  /** It ends by itself; the main thread hears of it later, and of its tasks before or after that. */
  die(): void {
    if (this.clock.stopped) return;
    const { main, random } = this.#options;
    this.#stop();
    main.after(random() * 5, () => this.#rejectAll());
    main.after(random() * 5, () => {
      if (this.#ending) return;
      void this.kill();
      this.#hooks.died('it died');
    });
  }

  /** A handler never gives the processor back. */
  hang(): void {
    this.clock.stop();
  }

  #stop(): void {
    this.clock.stop();
    this.#options.gone(this);
  }

  #rejectAll(): void {
    for (const running of this.#running) {
      this.#settle(running, () => running.result.reject(new Error('the thread has ended')));
    }
  }

  #settle(running: Running, how: () => void): void {
    if (!this.#running.delete(running)) return;
    this.#options.answered(running.task);
    how();
  }

  #beat(): void {
    this.pulse.beat();
    this.clock.after(beatMs, () => this.#beat());
  }
}

/** Carries messages in their order, each in its own time. */
class Way {
  readonly #to: Place;
  readonly #random: Random;
  readonly #under: (() => void)[] = [];

  constructor(to: Place, random: Random) {
    this.#to = to;
    this.#random = random;
  }

  send(arrive: () => void): void {
    this.#under.push(arrive);
    const delayMs = this.#random() < 0.1 ? this.#random() * 30 : this.#random();
    this.#to.after(delayMs, () => this.#under.shift()?.());
  }
}
