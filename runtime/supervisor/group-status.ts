/**
 * What runs and how it is: the state of every group, as events tell it. Answers `/health` and `/ready`; decides nothing.
 *
 *   starting ─▶ joining ─▶ joined ─▶ draining ─▶ stopped
 *      ▲           ▲─────────┘│           (a rebalance goes back to joining)
 *      └── restarting ◀───────┴─▶ failed  (for good)
 */
import type { Clock } from '../core/clock.ts';
import type { GroupState, RuntimeEvents } from '../core/events.ts';
import { partitionKey } from '../core/record-set.ts';

export interface GroupStatus {
  readonly name: string;
  readonly state: GroupState;
  /** Why it is in this state; empty where nothing needs to be said. */
  readonly reason: string;
  /** Since when, ISO 8601. */
  readonly since: string;
  /** Partitions that this process owns. */
  readonly partitions: number;
  /** Partitions that are not read any more until an operator acts. */
  readonly stoppedPartitions: number;
  /** Times an error ended the group. */
  readonly failures: number;
  readonly lastError: string | null;
}

interface Entry {
  state: GroupState;
  reason: string;
  /** Partitions that it was given when it joined. */
  assigned: number;
  since: number;
  failures: number;
  lastError: string | null;
  readonly owned: Set<string>;
  readonly stopped: Set<string>;
  /** Partitions that nobody can say of where they begin. */
  readonly unplaced: Set<string>;
  /** Threads whose records wait for the store of handled records. */
  readonly waiting: Set<number>;
}

export class StatusBoard {
  readonly #clock: Clock;
  readonly #groups: ReadonlyMap<string, Entry>;

  constructor(groups: readonly string[], clock: Clock) {
    this.#clock = clock;
    this.#groups = new Map(groups.map((name) => [name, this.#entry()]));
  }

  groups(): readonly GroupStatus[] {
    return [...this.#groups].map(([name, entry]) => ({
      name,
      state: entry.state,
      reason: entry.reason,
      since: new Date(entry.since).toISOString(),
      partitions: entry.owned.size,
      stoppedPartitions: entry.stopped.size,
      failures: entry.failures,
      lastError: entry.lastError,
    }));
  }

  state(group: string): GroupState {
    return this.#groups.get(group)?.state ?? 'stopped';
  }

  every(state: GroupState): boolean {
    return [...this.#groups.values()].every((entry) => entry.state === state);
  }

  /**
   * Every group is a member, knows where to read its partitions, and has no thread that waits for the store of handled
   * records.
   */
  ready(): boolean {
    const isFree = ({ unplaced, waiting }: Entry): boolean => unplaced.size === 0 && waiting.size === 0;
    return this.every('joined') && [...this.#groups.values()].every(isFree);
  }

  /** Every group is a member, and begins to read where its partitions were left. */
  settled(): boolean {
    const entries = [...this.#groups.values()];
    return entries.every(({ state, owned, assigned }) => state === 'joined' && owned.size >= assigned);
  }

  some(...states: readonly GroupState[]): boolean {
    return [...this.#groups.values()].some((entry) => states.includes(entry.state));
  }

  /** For `EventHub.listen`. */
  readonly listener = <K extends keyof RuntimeEvents>(name: K, event: RuntimeEvents[K]): void => {
    this.#rules[name]?.(event);
  };

  readonly #rules: { readonly [K in keyof RuntimeEvents]?: (event: RuntimeEvents[K]) => void } = {
    'group.state': ({ group, state, reason, assigned = 0 }) => {
      const entry = this.#groups.get(group);
      if (entry === undefined) return;
      if (entry.state !== state) entry.since = this.#clock.wallTime();
      entry.state = state;
      // What is ours still is asked for again, and told again.
      if (state !== 'joined') entry.unplaced.clear();
      entry.reason = reason;
      entry.assigned = assigned;
    },
    'group.failed': ({ group, message }) => {
      const entry = this.#groups.get(group);
      if (entry === undefined) return;
      entry.failures++;
      entry.lastError = message;
      entry.owned.clear();
      entry.stopped.clear();
      entry.waiting.clear();
    },
    'store.state': ({ group, thread, problem }) => {
      const entry = this.#groups.get(group);
      if (entry === undefined) return;
      entry.lastError = problem ?? entry.lastError;
      if (problem === null) entry.waiting.delete(thread);
      else entry.waiting.add(thread);
    },
    // Its successor says it again.
    'thread.died': ({ group, thread }) => void this.#groups.get(group)?.waiting.delete(thread),
    'position.failed': (event) => {
      const entry = this.#groups.get(event.group);
      if (entry === undefined) return;
      entry.unplaced.add(partitionKey(event));
      entry.lastError = event.message;
    },
    'partition.opened': (event) => {
      this.#groups.get(event.group)?.unplaced.delete(partitionKey(event));
      this.#groups.get(event.group)?.owned.add(partitionKey(event));
    },
    'partition.closed': (event) => {
      this.#groups.get(event.group)?.owned.delete(partitionKey(event));
      this.#groups.get(event.group)?.stopped.delete(partitionKey(event));
    },
    'partition.stopped': (event) => {
      this.#groups.get(event.group)?.stopped.add(partitionKey(event));
    },
  };

  #entry(): Entry {
    return {
      state: 'starting',
      reason: '',
      assigned: 0,
      since: this.#clock.wallTime(),
      failures: 0,
      lastError: null,
      owned: new Set(),
      stopped: new Set(),
      unplaced: new Set(),
      waiting: new Set(),
    };
  }
}
