/**
 * Decides which loops of a group are stuck, from what they say about themselves (`core/loop-wait.ts`):
 *
 *   (idle) ──waiting──▶ waiting since t ──answered──▶ (idle)
 *                          │ ▲ waiting again: still since t
 *                          └─┴─ now − t > stalledFor: stuck
 *
 * Only what was asked for counts, so an idle topic, a member without partitions, a full buffer and a handler that takes
 * its time within `timeouts.handler` wait for nothing here. A commit is carried over a rejoin, since one that costs the
 * membership each time is a stall too; after half of stalledFor without partitions it is forgotten: others own them.
 */
import type { Clock } from '../core/clock.ts';
import type { Listener, RuntimeEvents } from '../core/events.ts';
import { partitionKey } from '../core/record-set.ts';

/** The loop whose wait outlives its partitions. */
export const commitLoop = 'commit';

export interface Stall {
  readonly group: string;
  /** Which loop, and what it waits for. */
  readonly cause: string;
  readonly waitedMs: number;
}

interface Wait {
  readonly loop: string;
  readonly since: number;
  readonly limitMs: number;
  readonly what: string;
  /** `partitionKey`; null when it belongs to none. */
  readonly of: string | null;
  /** When the partitions went; null while they are here. */
  readonly adriftSince: number | null;
}

interface GroupWaits {
  readonly waits: Map<string, Wait>;
  readonly owned: Set<string>;
}

export class Liveness {
  readonly #stalledForMs: number;
  readonly #clock: Clock;
  readonly #groups = new Map<string, GroupWaits>();

  /** @param stalledForMs `observability.health.stalledFor` */
  constructor(stalledForMs: number, clock: Clock) {
    this.#stalledForMs = stalledForMs;
    this.#clock = clock;
  }

  /** What is stuck now; the longest wait of each group. */
  stalls(): readonly Stall[] {
    const now = this.#clock.now();
    return [...this.#groups].flatMap(([group, { waits }]) => {
      const stuck = [...waits.values()].filter((wait) => this.#isStuck(wait, now));
      const longest = stuck.toSorted((a, b) => a.since - b.since)[0];
      if (longest === undefined) return [];
      return [{ group, cause: `${longest.loop}: ${longest.what}`, waitedMs: Math.round(now - longest.since) }];
    });
  }

  /** For `EventHub.listen`. */
  readonly listener: Listener = (name, event) => this.#rules[name]?.(event);

  readonly #rules: { readonly [K in keyof RuntimeEvents]?: (event: RuntimeEvents[K]) => void } = {
    'loop.waiting': ({ group, loop, of, what, legalMs }) => {
      const now = this.#clock.now();
      const { waits } = this.#of(group);
      const before = waits.get(loop);
      // What was adrift for long was not tried again for ever: it begins anew.
      const goesOn = before !== undefined && !this.#isForgotten(before, now);
      const limitMs = goesOn ? before.limitMs : Math.max(this.#stalledForMs, legalMs);
      const since = goesOn ? before.since : now;
      waits.set(loop, { loop, since, limitMs, what, of: of && partitionKey(of), adriftSince: null });
    },
    'loop.answered': ({ group, loop }) => void this.#of(group).waits.delete(loop),
    'thread.died': ({ group, thread }) => {
      const what = 'a handler thread ended and no other one could take its place';
      this.#rules['loop.waiting']!({ group, loop: `thread ${thread}`, of: null, what, legalMs: 0 });
    },
    'thread.replaced': ({ group, thread }) => void this.#of(group).waits.delete(`thread ${thread}`),
    'partition.opened': (event) => void this.#of(event.group).owned.add(partitionKey(event)),
    'partition.closed': (event) => {
      const { waits, owned } = this.#of(event.group);
      owned.delete(partitionKey(event));
      for (const [loop, wait] of waits) if (wait.of === partitionKey(event)) waits.delete(loop);
      const commit = waits.get(commitLoop);
      if (commit === undefined || owned.size > 0) return;
      waits.set(commitLoop, { ...commit, adriftSince: commit.adriftSince ?? this.#clock.now() });
    },
    'group.state': ({ group, state }) => {
      // Its loops have ended with it, and what died is told in another way.
      if (state === 'restarting' || state === 'stopped' || state === 'failed') this.#groups.delete(group);
    },
  };

  /** Time without partitions does not count, but does not heal either until it has been long. */
  #isStuck(wait: Wait, now: number): boolean {
    return (wait.adriftSince ?? now) - wait.since > wait.limitMs && !this.#isForgotten(wait, now);
  }

  #isForgotten({ adriftSince }: Wait, now: number): boolean {
    return now - (adriftSince ?? now) > this.#stalledForMs / 2;
  }

  #of(group: string): GroupWaits {
    const known = this.#groups.get(group) ?? { waits: new Map(), owned: new Set() };
    this.#groups.set(group, known);
    return known;
  }
}
