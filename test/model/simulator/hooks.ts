/** Gives the handler module of a simulated thread hooks that take their time, fail now and then, and tell the ledger. */
import type { Random } from '../../../runtime/core/random.ts';
import { defineHandlers } from '../../../runtime/handler/define-handlers.ts';
import type { PartitionContext } from '../../../runtime/handler/lifecycle.ts';
import type { SimulatedThread } from './handler-thread.ts';
import type { Ledger } from './ledger.ts';

/** @returns the default export of a handler module */
export function withHooks(
  handlers: object,
  ledger: Ledger,
  member: number,
  thread: SimulatedThread,
  random: Random,
): object {
  const hooks = ledger.hooks!;
  /** Some at once, some after a while; whoever is aborted ends at once. */
  const pause = ({ signal }: PartitionContext): Promise<void> => {
    if (random() < 0.3) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = thread.clock.after(random() * 40, resolve);
      signal.addEventListener('abort', () => {
        timer.cancel();
        resolve();
      });
    });
  };
  return defineHandlers(handlers, {
    async onAssigned({ partition }, ctx) {
      ledger.note('onAssigned', () => `m${member}.${thread.index} p${partition}`);
      hooks.assigning(member, thread, partition);
      await pause(ctx);
      const resolved = random() > 0.2 && !ctx.signal.aborted;
      hooks.assigned(thread, partition, resolved);
      if (!resolved) throw new Error('no');
    },
    async onRevoked({ partition, lost }, ctx) {
      ledger.note(lost ? 'onRevoked:lost' : 'onRevoked', () => `m${member}.${thread.index} p${partition}`);
      hooks.revoking(member, thread, partition);
      await pause(ctx);
      hooks.revoked(thread, partition);
    },
  });
}
