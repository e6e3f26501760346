/**
 * What will happen in a campaign: a list of faults that follows from the seed and from nothing else. Kinds come in decks,
 * each with every kind once, shuffled, so that they are dealt evenly however many faults there are.
 *
 *   seed ─▶ deck 1: kill, cut, poison, …   deck 2: poison, kill, …   … until there are enough
 */
import type { Random } from '../../runtime/core/random.ts';
import { seededRandom } from '../../runtime/core/random.ts';

/** Places for processes; a process is in one of them, or it is free. */
export const slotsMax = 5;
/** How many run at the start, and after every deck with all kinds. */
export const slotsAtStart = 4;
export const slotsMin = 3;

interface Kind {
  /** What it costs at most: `nothing` stands for no duplicate at all. */
  readonly costs: 'nothing' | 'uncommitted';
  /** What has to be ours for it, not somebody's Kafka that we were given. */
  readonly needs?: 'own Kafka';
  /** Until records flow again. Not judged where missing. */
  readonly recoversWithinMs?: number;
}

/** Session timeout of the processes; the shortest that brokers allow by default. */
export const sessionMs = 6_000;

export const kinds = {
  kill: { costs: 'uncommitted', recoversWithinMs: sessionMs + 5_000 },
  terminate: { costs: 'nothing' },
  'terminate twice': { costs: 'uncommitted', recoversWithinMs: sessionMs + 5_000 },
  'kill and terminate': { costs: 'uncommitted' },
  'short pause': { costs: 'nothing' },
  'long pause': { costs: 'uncommitted', recoversWithinMs: sessionMs + 5_000 },
  'scale up': { costs: 'nothing' },
  'scale down': { costs: 'nothing' },
  'rolling restart': { costs: 'nothing' },
  'restart storm': { costs: 'nothing' },
  'cut one': { costs: 'nothing', needs: 'own Kafka', recoversWithinMs: 3_000 },
  'cut all': { costs: 'nothing', needs: 'own Kafka', recoversWithinMs: 3_000 },
  'cut while stopping': { costs: 'nothing', needs: 'own Kafka' },
  refuse: { costs: 'nothing', needs: 'own Kafka' },
  'black hole': { costs: 'nothing', needs: 'own Kafka' },
  'long black hole': { costs: 'uncommitted', needs: 'own Kafka' },
  'broker restart': { costs: 'uncommitted', needs: 'own Kafka' },
  'broker kill': { costs: 'uncommitted', needs: 'own Kafka' },
  'partition added': { costs: 'nothing' },
  'thread exit': { costs: 'uncommitted' },
  'out of memory': { costs: 'uncommitted' },
  hang: { costs: 'uncommitted' },
  rejection: { costs: 'uncommitted' },
  'late throw': { costs: 'uncommitted' },
  poison: { costs: 'nothing' },
  failing: { costs: 'nothing' },
} as const satisfies Readonly<Record<string, Kind>>;

export type KindName = keyof typeof kinds;

export function kindOf(name: KindName): Kind {
  return kinds[name];
}

export interface Step {
  readonly kind: KindName;
  /** The process that it happens to; the free place when one is added. */
  readonly slot: number;
}

export interface Deal {
  readonly seed: number;
  readonly faults: number;
  /** What may happen; all kinds when missing. */
  readonly kinds?: readonly KindName[] | undefined;
  /** Whether brokers and network are ours to break. */
  readonly ownKafka: boolean;
}

export function dealSteps({ seed, faults, kinds: wanted, ownKafka }: Deal): readonly Step[] {
  const random = seededRandom(seed);
  const names = (wanted ?? (Object.keys(kinds) as KindName[])).filter(
    (name) => ownKafka || kindOf(name).needs === undefined,
  );
  if (names.length === 0) return [];
  const steps: Step[] = [];
  let taken = Array.from({ length: slotsAtStart }, (_, slot) => slot);
  while (steps.length < faults) {
    for (const drawn of shuffled(names, random)) {
      const kind = possible(drawn, taken.length);
      const slot = kind === 'scale up' ? freeSlot(taken) : taken[Math.floor(random() * taken.length)]!;
      if (kind === 'scale up') taken = [...taken, slot].toSorted((a, b) => a - b);
      if (kind === 'scale down') taken = taken.filter((other) => other !== slot);
      steps.push({ kind, slot });
    }
  }
  return steps.slice(0, faults);
}

/** Where one of the two is left out, or has come twice, the other one takes its place. */
function possible(kind: KindName, running: number): KindName {
  if (kind === 'scale up' && running === slotsMax) return 'scale down';
  if (kind === 'scale down' && running === slotsMin) return 'scale up';
  return kind;
}

function freeSlot(taken: readonly number[]): number {
  return Array.from({ length: slotsMax }, (_, slot) => slot).find((slot) => !taken.includes(slot))!;
}

/** Fisher and Yates. */
function shuffled<T>(values: readonly T[], random: Random): readonly T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
