/**
 * The threads of one group: each in its slot, watched while it has work. A partition belongs to the same slot for ever
 * (`partition % workers`), and so does each share of one that is split (its number), so one key is always in one thread,
 * whatever the assignment and whoever died.
 */
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { Share } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { MakeThread } from './handler-thread.ts';
import { ThreadSlot, type ThreadSlotHooks } from './thread-slot.ts';
import { Watchdog } from './watchdog.ts';

export interface ThreadsOptions {
  readonly group: Pick<GroupSettings, 'concurrency' | 'timeouts'>;
  readonly makeThread: MakeThread;
  readonly hooks: ThreadSlotHooks;
  /** Whether the thread has work that it has not answered. */
  readonly isBusy: (slot: ThreadSlot) => boolean;
  readonly clock: Clock;
  readonly random: Random;
}

export class Threads {
  readonly #slots: readonly ThreadSlot[];
  readonly #split: boolean;
  readonly #watchdog: Watchdog;

  constructor({ group, makeThread, hooks, isBusy, clock, random }: ThreadsOptions) {
    const indexes = Array.from({ length: group.concurrency.workers }, (_, index) => index);
    this.#split = group.concurrency.shares > 1;
    this.#slots = indexes.map((index) => new ThreadSlot(index, makeThread, hooks, clock, random));
    this.#watchdog = new Watchdog(
      clock,
      group.timeouts.handlerMs,
      () => this.#slots.map((slot) => ({ index: slot.index, pulse: slot.pulse, busy: isBusy(slot) })),
      (index, stalledMs) => {
        const reason = `a handler held the thread for ${Math.round(stalledMs)} ms (timeouts.handler)`;
        void this.#slots[index]?.replace(reason);
      },
    );
  }

  slotOf({ partition, share = 0 }: Share): ThreadSlot {
    return this.#slots[this.#split ? share : partition % this.#slots.length]!;
  }

  /** @throws HandlerError `RT_HANDLER_LOAD`; then no thread is left */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#slots.map((slot) => slot.start()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** One of them was given work. */
  watch(): void {
    this.#watchdog.watch();
  }

  async stop(): Promise<void> {
    this.#watchdog.stop();
    await Promise.all(this.#slots.map((slot) => slot.end()));
  }
}
