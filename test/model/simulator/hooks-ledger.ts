/**
 * Whether `onAssigned` and `onRevoked` come in pairs and stand around the records, in every thread of every member:
 *
 *   absent ── onAssigned called ──▶ assigning ── resolved ──▶ assigned ── onRevoked called ──▶ revoking ── settled ──▶ absent
 *                                      └── failed ──▶ absent
 *
 * Calls of a partition run only in `assigned`. A thread that dies takes its partitions with it, untold.
 */
import type { SimulatedThread } from './handler-thread.ts';
import type { Call } from './ledger.ts';

type State = 'assigning' | 'assigned' | 'revoking';

export class Hooks {
  readonly #broken: (what: string) => void;
  readonly #states = new Map<SimulatedThread, Map<number, State>>();
  readonly #members = new Map<SimulatedThread, number>();
  readonly #running = new Set<Call>();

  constructor(broken: (what: string) => void) {
    this.#broken = broken;
  }

  assigning(member: number, thread: SimulatedThread, partition: number): void {
    this.#members.set(thread, member);
    const where = `m${member}.${thread.index} p${partition}`;
    const before = this.#of(thread).get(partition);
    if (before !== undefined) this.#broken(`onAssigned of ${where} while ${before}`);
    if (this.#runs(thread, partition)) this.#broken(`onAssigned of ${where} while a call of it runs`);
    this.#of(thread).set(partition, 'assigning');
  }

  assigned(thread: SimulatedThread, partition: number, resolved: boolean): void {
    if (resolved) this.#of(thread).set(partition, 'assigned');
    else this.#of(thread).delete(partition);
  }

  revoking(member: number, thread: SimulatedThread, partition: number): void {
    const where = `m${member}.${thread.index} p${partition}`;
    const before = this.#of(thread).get(partition);
    if (before !== 'assigned') this.#broken(`onRevoked of ${where} while ${before ?? 'absent'}`);
    if (this.#runs(thread, partition)) this.#broken(`onRevoked of ${where} while a call of it runs`);
    this.#of(thread).set(partition, 'revoking');
  }

  revoked(thread: SimulatedThread, partition: number): void {
    this.#of(thread).delete(partition);
  }

  called(call: Call): void {
    this.#running.add(call);
    const { thread, member, entry } = call;
    const state = this.#of(thread).get(entry.partition) ?? 'absent';
    if (state !== 'assigned')
      this.#broken(`m${member}.${thread.index} p${entry.partition}@${entry.offset} while ${state}`);
  }

  ended(call: Call): void {
    this.#running.delete(call);
  }

  threadGone(thread: SimulatedThread): void {
    this.#states.delete(thread);
    for (const call of this.#running) if (call.thread === thread) this.#running.delete(call);
  }

  memberGone(member: number): void {
    for (const [thread, of] of this.#members) if (of === member) this.threadGone(thread);
  }

  /** The member has given the partition up after a drain: whoever could hear of it has. */
  drained(member: number, partition: number): void {
    for (const [thread, of] of this.#members) {
      if (of !== member || thread.clock.stopped || this.#runs(thread, partition)) continue;
      if (this.#states.get(thread)?.get(partition) !== 'assigned') continue;
      this.#broken(`m${member}.${thread.index} p${partition} was drained without onRevoked`);
    }
  }

  #runs(thread: SimulatedThread, partition: number): boolean {
    return [...this.#running].some((call) => call.thread === thread && call.entry.partition === partition);
  }

  #of(thread: SimulatedThread): Map<number, State> {
    let of = this.#states.get(thread);
    if (of === undefined) {
      of = new Map();
      this.#states.set(thread, of);
    }
    return of;
  }
}
