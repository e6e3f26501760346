/** What the handler does with each record, call by call; the last step is what it does from then on. */
import type { Random } from '../../../runtime/core/random.ts';

export type Step =
  | { readonly kind: 'done' | 'fail' }
  /** Ends after a while; a call that does not heed its signal goes on after an abort. */
  | {
      readonly kind: 'later';
      readonly afterMs: number;
      readonly outcome: 'done' | 'fail';
      readonly heeds: boolean;
    }
  /** The thread ends, or never gives the processor back, while the call is under way. */
  | { readonly kind: 'die' | 'hang'; readonly afterMs: number }
  /** Its promise does not settle, whatever its signal says; the thread goes on. */
  | { readonly kind: 'never' };

export type Script = readonly Step[];

/** Which kinds of records there are in a run. */
export interface Mix {
  readonly failing: number;
  readonly poison: number;
  readonly slow: number;
  readonly deadly: number;
}

/** @param mix shares of the records, the rest is good */
export function drawScript(random: Random, mix: Mix, handlerMs: number): Script {
  const last = good(random);
  const kind = random();
  const count = 1 + Math.floor(random() * 2);
  if (kind < mix.failing) return [...Array.from({ length: count }, () => failing(random)), last];
  if (kind < mix.failing + mix.poison) return [failing(random)];
  if (kind < mix.failing + mix.poison + mix.slow) {
    const heeds = random() < 0.5;
    return [{ kind: 'later', afterMs: handlerMs * (0.8 + random()), outcome: 'done', heeds }, last];
  }
  if (kind < mix.failing + mix.poison + mix.slow + mix.deadly) {
    const deaths = random() < 0.2 ? 4 : count;
    const step = deadly(random);
    return [...Array.from({ length: deaths }, () => step), last];
  }
  return [last];
}

/** Costs the thread. */
function deadly(random: Random): Step {
  const kind = random();
  if (kind < 0.2) return { kind: 'never' };
  return { kind: kind < 0.75 ? 'die' : 'hang', afterMs: random() * 100 };
}

function good(random: Random): Step {
  const kind = random();
  if (kind < 0.3) return { kind: 'done' };
  const afterMs = kind < 0.9 ? random() * 60 : random() * 800;
  return { kind: 'later', afterMs, outcome: 'done', heeds: random() < 0.5 };
}

function failing(random: Random): Step {
  if (random() < 0.4) return { kind: 'fail' };
  return { kind: 'later', afterMs: random() * 60, outcome: 'fail', heeds: random() < 0.5 };
}
