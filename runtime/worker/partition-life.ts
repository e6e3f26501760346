/**
 * Tells handler modules that a partition has come to this thread and that it goes: `onAssigned` and `onRevoked` around
 * all records of one epoch.
 *
 *   waiting ─the epoch before is over─▶ assigning ─all modules resolved─▶ ready ─close─▶ revoking ─▶ over
 *                                        │  ▲ one failed: after a backoff                   ▲
 *                                        ├──┘                                               │
 *                                        └── close: only those that resolved are revoked ───┘
 *
 * Invariant: records run only while `ready`, and `onRevoked` begins when no call of the partition runs any more. A module
 * is revoked as often as it was assigned; the last one that was assigned is the first to be revoked.
 */
import { backoffMs } from '../core/backoff.ts';
import { sleep } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import type { Random } from '../core/random.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { AbortReason } from '../core/thread-messages.ts';
import type { CallServices } from './call-context.ts';
import type { HandlerModule } from './check-handlers.ts';
import { HookCall, type HookPlace } from './hook-call.ts';

export interface PartitionLifeOptions {
  readonly place: HookPlace;
  /** All of the thread, in the manifest's order. */
  readonly modules: readonly HandlerModule[];
  readonly group: Pick<GroupSettings, 'retry' | 'timeouts'>;
  readonly services: CallServices;
  readonly random: Random;
  /** Resolves when the epoch before is over. */
  readonly before: Promise<void> | null;
  /** Records may run now. */
  readonly becameReady: () => void;
  /** Resolves when no call of the partition is under way. Asked for once, after the close. */
  readonly quiet: () => Promise<void>;
}

/** Whether any of the modules wants to know. */
export function followPartitions(modules: readonly HandlerModule[]): boolean {
  return modules.some(({ life }) => life.onAssigned !== undefined || life.onRevoked !== undefined);
}

export class PartitionLife {
  /** Resolves when the last `onRevoked` has settled. Never rejects. */
  readonly over: Promise<void>;
  readonly #options: PartitionLifeOptions;
  readonly #closing = new AbortController();
  #ready = false;
  #call: HookCall | null = null;
  #failed = false;

  constructor(options: PartitionLifeOptions) {
    this.#options = options;
    this.over = this.#run();
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** The partition is given up; of several reasons the first one counts. */
  close(reason: AbortReason): void {
    if (this.#closing.signal.aborted) return;
    if (!this.#ready) this.#call?.abort(reason);
    this.#ready = false;
    this.#closing.abort(reason);
  }

  /** As `close`; and where it was closed before, time is over: what runs is aborted. */
  abort(reason: AbortReason): void {
    if (this.#closing.signal.aborted) this.#call?.abort(reason);
    else this.close(reason);
  }

  async #run(): Promise<void> {
    const { before, modules, becameReady, quiet, services, place } = this.#options;
    const closing = this.#closing.signal;
    const assigned: HandlerModule[] = [];
    await before;
    for (const module of modules) if (await this.#assign(module)) assigned.push(module);
    if (!closing.aborted) {
      this.#ready = true;
      becameReady();
      await new Promise((resolve) => closing.addEventListener('abort', resolve, { once: true }));
    }
    await quiet();
    const lost = closing.reason === 'lost';
    for (const module of assigned.reverse()) await this.#revoke(module, lost);
    const { topic, partition, epoch } = place;
    services.post({ kind: 'closed', topic, partition, epoch, failed: this.#failed });
  }

  /** @returns false when the partition was given up before it resolved */
  async #assign(module: HandlerModule): Promise<boolean> {
    const { group, random, services } = this.#options;
    const closing = this.#closing.signal;
    if (module.life.onAssigned === undefined) return !closing.aborted;
    for (let failures = 0; !closing.aborted; failures++) {
      const call = this.#newCall(module, 'onAssigned', failures + 1);
      try {
        await call.run((ctx) => module.life.onAssigned?.(this.#place(), ctx));
        return true;
      } catch (thrown) {
        if (closing.aborted) return false;
        const delayMs = backoffMs(group.retry, failures, random);
        const { name, message } = toErrorData(thrown);
        const what = `${module.file}: onAssigned failed, the partition waits: ${name}: ${message}`;
        call.log.error(what, { delayMs: Math.round(delayMs) });
        await sleep(services.clock, delayMs, closing);
      }
    }
    return false;
  }

  async #revoke(module: HandlerModule, lost: boolean): Promise<void> {
    if (module.life.onRevoked === undefined) return;
    const call = this.#newCall(module, 'onRevoked', 1);
    try {
      await call.run((ctx) => module.life.onRevoked?.({ ...this.#place(), lost }, ctx));
    } catch (thrown) {
      this.#failed = true;
      const { name, message } = toErrorData(thrown);
      call.log.error(`${module.file}: onRevoked failed, the partition is given up: ${name}: ${message}`);
    }
  }

  #newCall(module: HandlerModule, hook: string, attempt: number): HookCall {
    const { services, place, group } = this.#options;
    const name = `${module.file}: ${hook}`;
    this.#call = new HookCall({ services, place, name, attempt, timeoutMs: group.timeouts.handlerMs });
    return this.#call;
  }

  #place() {
    const { topic, partition } = this.#options.place;
    return { topic, partition };
  }
}
