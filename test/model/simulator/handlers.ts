/** The handler module of a simulated thread: does what each record's script says, and tells the ledger. */
import type { Context } from '../../../runtime/handler/context.ts';
import type { SimulatedThread } from './handler-thread.ts';
import type { Call, Ledger } from './ledger.ts';
import type { Step } from './script.ts';

interface Event {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly data: unknown;
}

/** @returns the default export of a handler module */
export function scriptedHandlers(ledger: Ledger, member: number, thread: SimulatedThread): object {
  return {
    '*': (event: Event, ctx: Context): unknown => {
      const entry = ledger.entries[event.partition]![Number(event.offset)]!;
      const step = entry.script[Math.min(entry.calls, entry.script.length - 1)]!;
      return play(step, ledger, thread, ledger.started(member, thread, entry, ctx.fence.epoch), event, ctx.signal);
    },
  };
}

function play(
  step: Step,
  ledger: Ledger,
  thread: SimulatedThread,
  call: Call,
  event: Event,
  signal: AbortSignal,
): unknown {
  signal.addEventListener('abort', () => ledger.note(`abort:${String(signal.reason)}`, () => ''), { once: true });
  switch (step.kind) {
    case 'done':
      return ledger.ended(call, 'done', true);
    case 'fail':
      ledger.ended(call, 'fail', true);
      throw new Error('no');
    case 'die':
    case 'hang':
      thread.clock.after(step.afterMs, () => {
        ledger.note(step.kind, () => `m${call.member}.${thread.index}`);
        if (step.kind === 'die') thread.die();
        else thread.hang();
      });
      return new Promise(() => {});
    case 'never':
      ledger.note('never', () => `m${call.member}.${thread.index}`);
      return new Promise(() => {});
    case 'later':
      return new Promise<void>((resolve, reject) => {
        const end = (outcome: 'done' | 'fail'): void => {
          ledger.read(call, () => [event.key, event.data]);
          ledger.ended(call, outcome, !signal.aborted);
          if (outcome === 'done') resolve();
          else reject(new Error('no'));
        };
        const timer = thread.clock.after(step.afterMs, () => end(step.outcome));
        if (!step.heeds) return;
        const abort = (): void => {
          timer.cancel();
          end('fail');
        };
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort, { once: true });
      });
    default:
      return step satisfies never;
  }
}
