/** What a seed stands for: how large the world is, what goes wrong in it, and when. */

import { anyEvents } from '../../../runtime/core/event-types.ts';
import { type Random, seededRandom } from '../../../runtime/core/random.ts';
import type { GroupSettings } from '../../../runtime/core/settings.ts';
import type { Mix } from './script.ts';

export const topic = 'orders';
export const deadLetterTopic = 'orders.dlq';

export type MemberAction =
  | { readonly kind: 'start' | 'stop' | 'kill' }
  /** The whole process stands still (SIGSTOP), for longer than its session or not. */
  | { readonly kind: 'freeze'; readonly forMs: number }
  /** One of its threads ends by itself. */
  | { readonly kind: 'threadDies'; readonly thread: number };

export interface Plan {
  readonly seed: number;
  readonly group: GroupSettings;
  readonly partitions: number;
  readonly keys: number;
  readonly records: number;
  /** How long records keep coming. */
  readonly producedForMs: number;
  readonly mix: Mix;
  /** Share of the requests that meet a fault. */
  readonly faultShare: number;
  readonly drainBudgetMs: number;
  /** Members come back under the same instance id. */
  readonly staticMembers: boolean;
  /** When the topic gets one partition more. */
  readonly growsAtMs: number | null;
  /** Handlers have `onAssigned` and `onRevoked`. */
  readonly hooks: boolean;
  /** By then all must be finished, when nothing goes wrong any more. */
  readonly patienceMs: number;
  readonly actions: readonly (MemberAction & { readonly member: number; readonly atMs: number })[];
}

/** Afterwards nothing goes wrong any more, and all must be finished in the end. */
export const troubleMs = 25_000;

/** Longer than the longest backoff, session and delivery timeout one after the other. */
const patienceMs = 400_000;

/** What may be left out of a plan, to find what a failure needs. */
export interface Shrink {
  readonly records?: number;
  readonly faultShare?: number;
  readonly actions?: number;
}

export function drawPlan(seed: number, shrink: Shrink = {}): Plan {
  const random = seededRandom(seed);
  const whole = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1));
  const sometimes = (share: number, value: number): number => (random() < share ? value : 0);
  const members = whole(1, 3);
  const workers = whole(1, 2);
  const drawnGroup = drawGroup(workers, whole);
  const group = {
    ...drawnGroup,
    concurrency: drawSplit(seed, drawnGroup.concurrency),
    protocol: seed % 2 === 0 ? ('classic' as const) : ('consumer' as const),
    from: seededRandom(seed + 0x8000000)() < 0.2 ? ('latest' as const) : ('earliest' as const),
  };
  const records = whole(5, 40);
  const drawn = {
    partitions: whole(1, 3),
    keys: whole(1, 5),
    mix: {
      failing: sometimes(0.5, 0.15),
      poison: sometimes(0.4, 0.08),
      slow: sometimes(0.3, 0.08),
      deadly: sometimes(0.3, 0.06),
    },
    faultShare: sometimes(0.6, random() * 0.12),
    drainBudgetMs: random() < 0.3 ? whole(50, 500) : 5_000,
    producedForMs: random() < 0.3 ? whole(1, 1_000) : 15_000,
    // Drawn apart: what is added to a plan should not change what a seed stands for.
    staticMembers: seededRandom(seed + 0x5000000)() < 0.3,
    growsAtMs: drawGrowth(seed),
    hooks: seededRandom(seed + 0x6000000)() < 0.3,
  };
  const actions = drawActions(random, members, workers);
  return {
    seed,
    group,
    ...drawn,
    patienceMs,
    faultShare: shrink.faultShare ?? drawn.faultShare,
    records: Math.min(records, shrink.records ?? records),
    actions: actions.slice(0, shrink.actions ?? actions.length),
  };
}

function drawActions(random: Random, members: number, workers: number): Plan['actions'] {
  const actions: (MemberAction & { readonly member: number; readonly atMs: number })[] = [];
  for (let member = 0; member < members; member++) {
    let atMs = member === 0 ? 0 : random() * 10_000;
    actions.push({ kind: 'start', member, atMs });
    for (let left = Math.floor(random() * 3); left > 0; left--) {
      atMs += random() * 8_000;
      const kind = random();
      if (kind < 0.35) {
        actions.push({ kind: 'threadDies', thread: Math.floor(random() * workers), member, atMs });
        continue;
      }
      if (kind < 0.55) {
        actions.push({ kind: 'freeze', forMs: random() * 10_000, member, atMs });
        continue;
      }
      actions.push({ kind: kind < 0.75 ? 'kill' : 'stop', member, atMs });
      if (random() < 0.3) break;
      atMs += random() * 4_000;
      actions.push({ kind: 'start', member, atMs });
    }
  }
  return actions.filter(({ atMs }) => atMs < troubleMs).sort((a, b) => a.atMs - b.atMs);
}

/** Groups look for new partitions once a minute, so these runs are long. Drawn apart, as above. */
function drawGrowth(seed: number): number | null {
  const random = seededRandom(seed + 0x9000000);
  return random() < 0.03 ? random() * 15_000 : null;
}

/** A fourth of the groups splits its partitions among two or three threads. Drawn apart, as above. */
function drawSplit(seed: number, concurrency: GroupSettings['concurrency']): GroupSettings['concurrency'] {
  const random = seededRandom(seed + 0x6000000);
  if (random() >= 0.25) return concurrency;
  const workers = random() < 0.5 ? 2 : 3;
  return { ...concurrency, workers, shares: workers, max: concurrency.max - concurrency.workers + workers };
}

function drawGroup(workers: number, whole: (min: number, max: number) => number): GroupSettings {
  // Limits count for nothing where no partition ever comes near them.
  const small = (): number => whole(2, whole(0, 1) === 0 ? 5 : 30);
  return {
    name: 'billing',
    topics: [{ name: topic, dlqTopic: deadLetterTopic }],
    handlers: [{ file: '/handlers.ts', events: null }],
    from: 'earliest',
    execution: 'pool',
    protocol: 'classic',
    concurrency: {
      order: 'key',
      keyFrom: { kind: 'key' },
      nullKey: 'partition',
      workers,
      max: workers + whole(0, 4),
      shares: 1,
      maxHeapBytes: null,
    },
    instanceId: null,
    dedupe: null,
    offsets: null,
    fetch: {
      maxWaitMs: whole(100, 3_000),
      minBytes: 1,
      maxBytes: whole(0, 1) === 0 ? 500 : 1024 * 1024,
      maxDecompressedBytes: 1024 * 1024,
    },
    buffer: {
      maxRecords: small(),
      maxBytes: 1024 * 1024,
      maxUncommitted: small(),
    },
    timeouts: { handlerMs: 2_000, slowMs: 1_000, sessionMs: 6_000, heartbeatMs: 1_000, rebalanceMs: 10_000 },
    retry: {
      maxRetries: whole(0, 2),
      baseDelayMs: whole(10, 500),
      maxDelayMs: 1_000,
      jitter: 0.1,
      never: [],
      onExhausted: 'dlq',
    },
    dlq: { enabled: true, onError: 'block', onDisabled: 'block', maxReplays: 3 },
    schemas: anyEvents,
    commit: { intervalMs: whole(100, 3_000), everyRecords: whole(1, 20) },
  };
}
