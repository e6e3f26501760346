/**
 * What happened in a run, held against the invariants of the core (`ARCHITECTURE.md`) while it happens. It sees handler
 * calls, what Kafka stores (commits, dead letters) and the events that stages emit; it knows nothing of how they work.
 *
 *   record      appended ─▶ called … called ─▶ finished: a call succeeded, or its dead letter is stored
 *   assignment  from `partition.opened` to `partition.closed` of one member; opened again in between: same assignment
 *
 * The first broken clause ends the run.
 */
import type { RuntimeEvents } from '../../../runtime/core/events.ts';
import type { TopicPartition } from '../../../runtime/core/record-set.ts';
import type { GroupSettings } from '../../../runtime/core/settings.ts';
import type { RecordsTask } from '../../../runtime/core/thread-messages.ts';
import type { SimulatedThread } from './handler-thread.ts';
import { Hooks } from './hooks-ledger.ts';
import type { Script } from './script.ts';

export interface Entry {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly script: Script;
  /** Calls so far, whoever made them. */
  calls: number;
  finished: boolean;
}

export interface Call {
  readonly entry: Entry;
  readonly member: number;
  readonly thread: SimulatedThread;
  /** Of the partition when the record was handed over; its end says nothing of a later assignment. */
  readonly epoch: number;
}

interface Assignment {
  epoch: number;
  /** All that it has had: opened again, it has another one. */
  readonly epochs: Set<number>;
  /** By offset. */
  readonly calls: Map<number, number>;
  readonly done: Set<number>;
  readonly letters: Set<string>;
  readonly inFlight: Set<RecordsTask>;
}

export interface LedgerLimits {
  readonly topic: string;
  readonly from: GroupSettings['from'];
  readonly maxRetries: number;
  readonly maxRecords: number;
  readonly maxUncommitted: number;
  /** Threads call `onAssigned` and `onRevoked`. */
  readonly hooks: boolean;
  /** Threads that share a partition: `maxRecords` holds for each of them. */
  readonly shares: number;
  /** Nothing but drains takes partitions away. */
  readonly graceful: boolean;
}

/** Body of the record at this place. */
export function bodyOf(partition: number, offset: number): unknown {
  return { at: `p${partition}@${offset}` };
}

export class Ledger {
  readonly entries: Entry[][];
  readonly committed: number[];
  readonly violations: string[] = [];
  /** Null unless the run is told in words. */
  readonly trace: string[] | null;
  /** What the runs came by, so that a campaign can tell what it has tried. */
  readonly seen = new Map<string, number>();
  /** Null where handlers have none. */
  readonly hooks: Hooks | null;
  readonly #limits: LedgerLimits;
  readonly #now: () => number;
  readonly #running = new Map<string, Call>();
  readonly #assignments = new Map<string, Assignment>();
  /** OffsetCommit requests under way, by member. */
  readonly #committing = new Map<number, number>();
  /** With `latest`: where the group began, by partition; missing while nobody has looked. */
  readonly #begins = new Map<number, number>();
  /** What each member has ever had, as `member/partition`. */
  readonly #opened = new Set<string>();
  /** Records of the largest answer to a fetch. */
  #largestFetch = 0;

  constructor(partitions: number, limits: LedgerLimits, now: () => number, traced: boolean) {
    this.#limits = limits;
    this.hooks = limits.hooks ? new Hooks((what) => this.broken('hooks_bracket_the_records', what)) : null;
    this.#now = now;
    this.entries = Array.from({ length: partitions }, () => []);
    this.committed = Array.from({ length: partitions }, () => 0);
    this.trace = traced ? [] : null;
  }

  /** Nothing is left to be done, and Kafka knows it. */
  get complete(): boolean {
    return this.entries.every((of, partition) => this.committed[partition] === of.length);
  }

  /** The topic has a partition more. A group that knows the topic has all of it before itself, also with `latest`. */
  grow(): void {
    this.note('grows', () => `p${this.entries.length}`);
    if (this.#begins.size > 0) this.#begins.set(this.entries.length, 0);
    this.entries.push([]);
    this.committed.push(0);
  }

  note(what: string, details: () => string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
    this.trace?.push(`${this.#now().toFixed(1).padStart(9)}  ${what} ${details()}`);
  }

  broken(clause: string, what: string): void {
    this.violations.push(`${clause}: ${what}`);
    this.note('BROKEN', () => this.violations.at(-1)!);
  }

  started(member: number, thread: SimulatedThread, entry: Entry, epoch: number): Call {
    const call = { entry, member, thread, epoch };
    const lane = `${member}/${entry.partition}/${entry.key}`;
    this.note('call', () => `m${member}.${thread.index} ${name(entry)} #${entry.calls + 1}`);
    entry.calls++;
    const other = this.#running.get(lane);
    if (other !== undefined) this.broken('one_handler_per_key', `${name(entry)} while ${name(other.entry)} runs`);
    this.#running.set(lane, call);
    this.hooks?.called(call);
    const earlier = this.entries[entry.partition]!.find((e) => e.key === entry.key && !e.finished);
    if (earlier !== undefined && earlier.offset < entry.offset) {
      this.broken('order_per_key', `${name(entry)} before ${name(earlier)} was finished`);
    }
    const assignment = this.#assignmentOf(call);
    if (assignment === undefined) return call; // aborted or given up, and the thread has not heard of it yet
    if (assignment.done.has(entry.offset)) {
      this.broken('finished_runs_once', `${name(entry)} again in one assignment of m${member}`);
    }
    assignment.calls.set(entry.offset, (assignment.calls.get(entry.offset) ?? 0) + 1);
    return call;
  }

  /** What the call's event says when the call ends. */
  read({ entry, member }: Call, read: () => readonly unknown[]): void {
    const { partition, offset, key } = entry;
    let found: string;
    try {
      found = JSON.stringify(read());
    } catch (error) {
      found = String(error);
    }
    if (found === JSON.stringify([key, bodyOf(partition, offset)])) return;
    this.broken('bytes_stay_until_the_call_ends', `m${member} ${name(entry)} reads ${found}`);
  }

  /** A request met what the plan had for it. */
  fault(member: number, api: string, what: string): void {
    const kind = what.replace(/ .*/, '');
    if (api === 'OffsetCommit') this.note(`commit:${kind}`, () => `m${member}`);
    this.note(`fault:${kind}`, () => `m${member} ${api} ${what}`);
  }

  /** @param counts false after an abort: the call's outcome does not matter any more */
  ended(call: Call, outcome: 'done' | 'fail', counts: boolean): void {
    const { entry, member, thread } = call;
    this.#end(call);
    this.note('end', () => `m${member}.${thread.index} ${name(entry)} ${outcome}${counts ? '' : ' (aborted)'}`);
    if (outcome !== 'done' || !counts) return;
    entry.finished = true;
    const lowest = this.#lowestUnfinished(entry.partition);
    if (lowest < entry.offset) this.note('out of order', () => name(entry));
    const done = this.#assignmentOf(call)?.done;
    if (done === undefined) return;
    done.add(entry.offset);
    const beyond = [...done].filter((offset) => offset > lowest).length;
    const { maxUncommitted, maxRecords } = this.#limits;
    const max = maxUncommitted + maxRecords + this.#largestFetch;
    if (beyond <= max) return;
    this.broken('uncommitted_bounded', `m${member} p${entry.partition}: ${beyond} beyond ${lowest}, at most ${max}`);
  }

  threadGone(thread: SimulatedThread): void {
    this.hooks?.threadGone(thread);
    for (const call of [...this.#running.values()]) if (call.thread === thread) this.#end(call);
  }

  /** Something of this member is left running. */
  runs(member: number): boolean {
    return [...this.#running.values()].some((call) => call.member === member);
  }

  #end(call: Call): void {
    const lane = `${call.member}/${call.entry.partition}/${call.entry.key}`;
    this.hooks?.ended(call);
    if (this.#running.get(lane) === call) this.#running.delete(lane);
  }

  /** Kafka stores this position. */
  stored(partition: number, offset: number): void {
    this.#beginsAt(partition, offset);
    const before = this.committed[partition]!;
    if (offset === before) return;
    this.note('stored', () => `p${partition} ${before} -> ${offset}`);
    this.committed[partition] = offset;
    if (offset < before) this.broken('commit_never_regresses', `p${partition} from ${before} to ${offset}`);
    const lowest = this.#lowestUnfinished(partition);
    if (lowest < offset) this.broken('no_commit_beyond_unfinished', `p${partition} at ${offset}, not ${lowest}`);
  }

  /** A dead letter is in its topic. */
  letter(partition: number, offset: number): void {
    const entry = this.entries[partition]![offset]!;
    this.note('dead letter', () => name(entry));
    entry.finished = true;
  }

  commitSent(member: number, partitions: readonly TopicPartition[]): void {
    const under = (this.#committing.get(member) ?? 0) + 1;
    this.#committing.set(member, under);
    if (under > 1) this.broken('one_commit_at_a_time', `m${member} sends ${under}`);
    for (const { partition } of partitions) {
      if (this.#assignment(member, partition) !== undefined) continue;
      // It says where it is about to begin. Whoever has had it before finds that in Kafka.
      if (this.#limits.from === 'latest' && !this.#opened.has(`${member}/${partition}`)) continue;
      this.broken('no_commit_after_the_end', `m${member} p${partition}`);
    }
  }

  commitSettled(member: number): void {
    this.#committing.set(member, (this.#committing.get(member) ?? 0) - 1);
  }

  handedOver(member: number, task: RecordsTask): void {
    const assignment = this.#assignment(member, task.partition);
    // Where a partition is split, what one thread has of it may be of an older epoch than what another one has.
    if (assignment === undefined || !assignment.epochs.has(task.epoch)) return;
    assignment.inFlight.add(task);
    const entries = this.entries[task.partition]!;
    const handedOver = [...assignment.inFlight].flatMap(({ firstOffset, lastOffset }) =>
      entries.slice(firstOffset, lastOffset + 1),
    );
    const unfinished = new Set(handedOver.filter((entry) => !entry.finished)).size;
    const max = this.#limits.maxRecords * this.#limits.shares + this.#largestFetch;
    if (unfinished <= max) return;
    this.broken('buffers_bounded', `m${member} p${task.partition}: ${unfinished} unfinished, at most ${max}`);
  }

  answered(member: number, task: RecordsTask): void {
    this.#assignment(member, task.partition)?.inFlight.delete(task);
  }

  event<K extends keyof RuntimeEvents>(member: number, kind: K, event: RuntimeEvents[K]): void {
    this.note(kind, () => `m${member} ${told(event)}`);
    switch (kind) {
      case 'partition.opened': {
        const opened = event as RuntimeEvents['partition.opened'];
        if (opened.topic === this.#limits.topic) this.#opens(member, opened);
        return;
      }
      case 'partition.closed':
        this.#closed(member, event as RuntimeEvents['partition.closed']);
        return;
      case 'records.fetched':
        this.#largestFetch = Math.max(this.#largestFetch, (event as RuntimeEvents['records.fetched']).records);
        return;
      case 'record.exhausted':
        this.#exhausted(member, event as RuntimeEvents['record.exhausted']);
        return;
      default:
    }
  }

  /** The process is gone, and all it had with it. */
  memberGone(member: number): void {
    this.hooks?.memberGone(member);
    for (const call of [...this.#running.values()]) if (call.member === member) this.#end(call);
    for (const key of [...this.#assignments.keys()]) {
      if (key.startsWith(`${member}/`)) this.#assignments.delete(key);
    }
    this.#committing.delete(member);
  }

  #opens(member: number, { partition, epoch, offset }: RuntimeEvents['partition.opened']): void {
    this.#opened.add(`${member}/${partition}`);
    this.#beginsAt(partition, offset);
    const assignment = this.#assignment(member, partition);
    if (assignment !== undefined) {
      assignment.epoch = epoch;
      assignment.epochs.add(epoch);
      return;
    }
    const lowest = this.#lowestUnfinished(partition);
    if (offset > lowest) this.broken('nothing_is_passed_over', `m${member} p${partition} at ${offset}, not ${lowest}`);
    const key = `${member}/${this.#limits.topic}/${partition}`;
    const letters = new Set<string>();
    const epochs = new Set([epoch]);
    this.#assignments.set(key, { epoch, epochs, calls: new Map(), done: new Set(), letters, inFlight: new Set() });
  }

  /** What was there before the group does not concern it; whatever comes later does. */
  #beginsAt(partition: number, offset: number): void {
    if (this.#limits.from !== 'latest' || this.#begins.has(partition)) return;
    this.note('begins', () => `p${partition} at ${offset}`);
    this.#begins.set(partition, offset);
    for (const entry of this.entries[partition]!.slice(0, offset)) entry.finished = true;
  }

  #closed(member: number, { partition, lost }: RuntimeEvents['partition.closed']): void {
    const assignment = this.#assignment(member, partition);
    this.#assignments.delete(`${member}/${this.#limits.topic}/${partition}`);
    this.note(lost ? 'lost' : 'drained', () => `m${member} p${partition}`);
    if (!lost) this.hooks?.drained(member, partition);
    const committed = this.committed[partition]!;
    if (lost || !this.#limits.graceful || assignment?.done.has(committed) !== true) return;
    this.broken('a_drain_commits_what_is_done', `m${member} p${partition} at ${committed}, which is done`);
  }

  /** @returns the offset, that of the next record when all are finished */
  #lowestUnfinished(partition: number): number {
    const entries = this.entries[partition]!;
    const open = entries.findIndex(({ finished }) => !finished);
    return open === -1 ? entries.length : open;
  }

  #exhausted(member: number, { partition, offset, reason }: RuntimeEvents['record.exhausted']): void {
    const assignment = this.#assignment(member, partition);
    if (assignment === undefined) return;
    const what = `m${member} p${partition}@${offset}`;
    const letter = `${assignment.epoch}/${offset}`;
    if (assignment.letters.has(letter)) this.broken('one_dead_letter_per_epoch', what);
    assignment.letters.add(letter);
    if (assignment.done.has(offset)) this.broken('no_dead_letter_of_a_finished_record', what);
    const calls = assignment.calls.get(offset) ?? 0;
    const needed = reason === 'worker_crash' ? 3 : this.#limits.maxRetries + 1;
    if (calls < needed) this.broken('dead_letter_after_all_retries', `${what} after ${calls} calls of ${needed}`);
  }

  #assignmentOf({ member, entry, epoch }: Call): Assignment | undefined {
    const assignment = this.#assignment(member, entry.partition);
    return assignment?.epochs.has(epoch) === true ? assignment : undefined;
  }

  #assignment(member: number, partition: number): Assignment | undefined {
    return this.#assignments.get(`${member}/${this.#limits.topic}/${partition}`);
  }
}

function name({ partition, offset, key }: Entry): string {
  return `p${partition}@${offset}(${key})`;
}

/** Epochs count over all runs of a process, so they would differ from one run of a seed to the next. */
function told(event: object): string {
  return JSON.stringify(event, (field, value: unknown) => (/^(epoch|group|stack)$/.test(field) ? undefined : value));
}
