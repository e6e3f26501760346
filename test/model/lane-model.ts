/**
 * A small world around one thread's runner: records of two partitions are handed over, handlers end in any order and
 * with any result, dead letters are acknowledged, partitions are revoked and come back, the thread dies. A seed decides
 * everything. The model keeps the truth in sets of offsets and checks the invariants of the core contract at every call
 * and after every step:
 *
 *   1  the committed position is the lowest offset that is not finished
 *   3  one key runs at most one handler at a time, also across epochs
 *   4  a later record of a key starts only after the earlier one is finished
 *   8  dead-lettered once per epoch, and only after maxRetries + 1 calls, or at once where that is said
 */
import { seededRandom } from '../../runtime/core/random.ts';
import type { ExhaustedReport, Opening } from '../../runtime/core/thread-messages.ts';
import type { Context } from '../../runtime/handler/context.ts';
import type { Event } from '../../runtime/handler/event.ts';
import { NonRetryableError } from '../../runtime/handler/handler-errors.ts';
import { type GivenSet, type TestRecord, ThreadUnderTest } from '../unit/worker/thread-under-test.ts';

const keys = ['a', 'b', 'c', null];
const maxRetries = 2;
const maxRunning = 3;
const recordsPerPartition = 24;

interface Call {
  readonly partition: number;
  readonly offset: number;
  readonly lane: string;
  readonly alone: boolean;
  readonly signal: AbortSignal;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Partition {
  readonly id: number;
  readonly records: readonly (TestRecord & { readonly offset: number })[];
  readonly end: number;
  epoch: number;
  /** Next offset to be handed over. */
  position: number;
  /** Where this epoch began. */
  openedAt: number;
  sets: GivenSet[];
  opening: Opening | null;
  /** Offsets whose handler resolved in time, or whose dead letter was acknowledged. */
  finished: Set<number>;
  readonly deaths: Map<number, number>;
  /** Calls made in this epoch, by offset. */
  calls: Map<number, number>;
  nonRetryable: Set<number>;
  reported: Set<number>;
}

export class LaneModel {
  readonly #random: () => number;
  readonly #partitions: readonly Partition[];
  readonly #trace: string[] = [];
  #thread: ThreadUnderTest;
  #incarnation = 0;
  #running = new Set<Call>();
  #unsettled: ExhaustedReport[] = [];
  #seenPosts = 0;
  #calm = false;
  #violation: Error | null = null;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#partitions = [0, 1].map((id) => this.#createPartition(id));
    this.#thread = this.#createThread();
  }

  /** @throws Error with the trace of what happened */
  async run(steps: number): Promise<void> {
    try {
      for (let i = 0; i < steps; i++) {
        await this.#step();
        this.#check();
      }
      await this.#finishAll();
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${this.#trace.join('\n')}`, { cause: error });
    }
  }

  #createPartition(id: number): Partition {
    let offset = this.#upTo(5);
    const records = Array.from({ length: recordsPerPartition }, () => {
      offset += this.#random() < 0.2 ? 2 : 1;
      const type = this.#random() < 0.1 ? 'Unknown' : 'Placed';
      return { key: this.#pick(keys), offset, type };
    });
    const start = records[0]!.offset;
    return {
      ...{ id, records, end: offset + 1, epoch: 0, position: start, openedAt: start, sets: [], opening: null },
      ...{ finished: new Set(), deaths: new Map(), calls: new Map(), nonRetryable: new Set(), reported: new Set() },
    };
  }

  #createThread(): ThreadUnderTest {
    const incarnation = ++this.#incarnation;
    const handlers = {
      Placed: (event: Event, ctx: Context) => {
        if (incarnation !== this.#incarnation) return undefined;
        try {
          this.#checkCall(event, ctx);
        } catch (violation) {
          // Thrown on, it would count as a failed attempt.
          this.#violation ??= violation as Error;
        }
        return this.#behave(event, ctx);
      },
    };
    const settings = { retry: { maxRetries, baseDelayMs: 100 }, timeouts: { handlerMs: 10_000 }, maxRunning };
    return new ThreadUnderTest([handlers], { ...settings, random: this.#random, clone: false });
  }

  /** Everything that must hold when a call begins. */
  #checkCall(event: Event, ctx: Context): void {
    const partition = this.#partitions[event.partition]!;
    const offset = Number(event.offset);
    const lane = laneOf(partition, event.key);
    this.#note(`  call ${partition.id}/${offset} key ${event.key} attempt ${ctx.attempt} epoch ${ctx.fence.epoch}`);
    expectThat(ctx.fence.epoch === partition.epoch, `a call of epoch ${ctx.fence.epoch} in epoch ${partition.epoch}`);
    const alone = isSuspect(partition, offset);
    for (const other of this.#running) {
      expectThat(other.lane !== lane, `3: ${lane} runs ${other.offset} and ${offset}`);
      expectThat(!other.alone && !alone, `a suspect does not run alone: ${other.offset}, ${offset}`);
    }
    expectThat(this.#running.size < maxRunning, `more than ${maxRunning} calls`);
    expectThat(!partition.finished.has(offset), `${offset} runs although it is finished`);
    for (const earlier of partition.records) {
      if (earlier.offset >= offset) break;
      if (earlier.type === 'Unknown' || laneOf(partition, earlier.key) !== lane) continue;
      expectThat(partition.finished.has(earlier.offset), `4: ${offset} starts before ${earlier.offset} is finished`);
    }
  }

  #behave(event: Event, ctx: Context): unknown {
    const partition = this.#partitions[event.partition]!;
    const offset = Number(event.offset);
    const lane = laneOf(partition, event.key);
    const alone = isSuspect(partition, offset);
    partition.calls.set(offset, (partition.calls.get(offset) ?? 0) + 1);
    const dice = this.#calm ? 0 : this.#random();
    if (dice < 0.3) {
      partition.finished.add(offset);
      return undefined;
    }
    if (dice < 0.4) throw new Error('sync');
    if (dice < 0.43) throw this.#nonRetryable(partition, offset);
    return new Promise<void>((resolve, reject) => {
      // The signal is looked at when the call ends: an aborted call must not count.
      this.#running.add({ partition: partition.id, offset, lane, alone, signal: ctx.signal, resolve, reject });
    });
  }

  #nonRetryable(partition: Partition, offset: number): Error {
    partition.nonRetryable.add(offset);
    return new NonRetryableError('never');
  }

  async #step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.35) this.#give(this.#pick(this.#partitions));
    else if (dice < 0.7) this.#endCall();
    else if (dice < 0.8) this.#settleOne();
    else if (dice < 0.92) await this.#thread.clock.advance(this.#upTo(this.#random() < 0.2 ? 12_000 : 300));
    else if (dice < 0.96) this.#reassign(this.#pick(this.#partitions));
    else this.#die();
    await this.#turns();
  }

  async #turns(): Promise<void> {
    for (let i = 0; i < 3; i++) await this.#thread.clock.turn();
    this.#readPosts();
    if (this.#thread.of('tainted').length > 0) this.#die();
  }

  #give(partition: Partition): void {
    const first = partition.position;
    const left = partition.records.filter(({ offset }) => offset >= first);
    const records = left.slice(0, 1 + this.#upTo(6));
    if (records.length === 0) return;
    const last = records.at(-1)!.offset;
    this.#note(`give ${partition.id}/${first}..${last} epoch ${partition.epoch}`);
    const opening = partition.sets.length === 0 && partition.opening !== null ? { opening: partition.opening } : {};
    const place = { partition: partition.id, epoch: partition.epoch, firstOffset: first, lastOffset: last };
    partition.sets.push(this.#thread.give(records, { ...place, ...opening }));
    partition.position = last + 1;
  }

  #endCall(): void {
    const call = this.#pick([...this.#running]);
    if (call === undefined) return;
    this.#running.delete(call);
    const partition = this.#partitions[call.partition]!;
    const counts = !call.signal.aborted;
    const dice = this.#calm ? 0 : this.#random();
    this.#note(`end ${call.partition}/${call.offset} ${dice < 0.65 ? 'ok' : 'failed'}${counts ? '' : ', aborted'}`);
    if (dice < 0.65) {
      if (counts) partition.finished.add(call.offset);
      call.resolve();
    } else if (dice < 0.95 || !counts) call.reject(new Error('async'));
    else call.reject(this.#nonRetryable(partition, call.offset));
  }

  #readPosts(): void {
    for (const message of this.#thread.posted.slice(this.#seenPosts)) {
      if (message.kind === 'exhausted') this.#exhausted(message);
    }
    this.#seenPosts = this.#thread.posted.length;
  }

  #exhausted(report: ExhaustedReport): void {
    const partition = this.#partitions[report.place.partition]!;
    const { offset } = report.place;
    if (report.epoch !== partition.epoch) return;
    this.#note(`  exhausted ${partition.id}/${offset} ${report.reason} after ${report.attempts}`);
    expectThat(!partition.reported.has(offset), `8: ${offset} is dead-lettered twice`);
    partition.reported.add(offset);
    const deaths = partition.opening?.suspects.find((suspect) => suspect.offset === offset)?.deaths ?? 0;
    const calls = (partition.calls.get(offset) ?? 0) + deaths;
    if (report.reason === 'worker_crash') expectThat(deaths >= 3 && report.attempts === deaths, `8: ${deaths} deaths`);
    else if (report.reason === 'handler_error') expectThat(partition.nonRetryable.has(offset), `8: ${offset} at once`);
    else expectThat(report.attempts === calls && calls >= maxRetries + 1, `8: ${calls} calls, ${report.attempts} told`);
    this.#unsettled.push(report);
  }

  #settleOne(): void {
    const [report] = this.#unsettled.splice(this.#upTo(this.#unsettled.length), 1);
    if (report === undefined) return;
    const partition = this.#partitions[report.place.partition]!;
    this.#note(`settle ${partition.id}/${report.place.offset}`);
    // An acknowledgement of an older epoch has no effect; the record runs again.
    if (report.epoch === partition.epoch) partition.finished.add(report.place.offset);
    this.#thread.settled(report);
  }

  /** Revoked without a drain, and assigned again: read anew from the checkpoint. */
  #reassign(partition: Partition): void {
    const checkpoint = checkpointOf(partition);
    this.#note(`reassign ${partition.id} from ${checkpoint}`);
    this.#thread.close(partition.epoch, 'revoked', partition.id);
    partition.deaths.clear();
    this.#reopen(partition, checkpoint, null);
  }

  #reopen(partition: Partition, checkpoint: number, opening: Opening | null): void {
    const skipped = new Set(opening?.finished ?? []);
    partition.epoch++;
    partition.openedAt = checkpoint;
    partition.position = checkpoint;
    partition.sets = [];
    partition.opening = opening;
    // Without a skip set, what was finished beyond the checkpoint is to run again, in order.
    const stays = (offset: number): boolean => offset < checkpoint || skipped.has(offset);
    partition.finished = new Set([...partition.finished].filter(stays));
    partition.calls = new Map();
    partition.nonRetryable = new Set();
    partition.reported = new Set();
  }

  /** Everything in the thread is gone, except what it wrote into shared memory. */
  #die(): void {
    this.#note('the thread dies');
    this.#thread = this.#createThread();
    this.#running = new Set();
    this.#seenPosts = 0;
    for (const partition of this.#partitions) {
      const suspects: { offset: number; deaths: number }[] = [];
      const checkpoint = checkpointOf(partition);
      // What was not handed over again since the last death is still known to be finished.
      const finished = (partition.opening?.finished ?? []).filter((offset) => offset >= partition.position);
      for (const { task, progress } of partition.sets) {
        for (let delta = 0; delta < progress.deltas; delta++) {
          const offset = task.firstOffset + delta;
          if (progress.isFinished(delta)) {
            if (offset >= checkpoint) finished.push(offset);
          } else if (progress.isStarted(delta)) {
            partition.deaths.set(offset, (partition.deaths.get(offset) ?? 0) + 1);
            suspects.push({ offset, deaths: partition.deaths.get(offset)! });
          }
        }
      }
      this.#reopen(partition, checkpoint, { finished, suspects });
    }
    this.#unsettled = [];
  }

  #check(): void {
    if (this.#violation !== null) throw this.#violation;
    for (const partition of this.#partitions) {
      const checkpoint = checkpointOf(partition);
      expectThat(checkpoint >= partition.openedAt, '1: the checkpoint went back');
      for (const { offset, type } of partition.records) {
        const finished = type === 'Unknown' || partition.finished.has(offset);
        expectThat(finished || offset >= checkpoint, `1: committed ${checkpoint} beyond unfinished ${offset}`);
      }
      for (const { task, progress } of partition.sets) {
        for (const { offset, type } of partition.records) {
          if (offset < task.firstOffset || offset > task.lastOffset || type === 'Unknown') continue;
          const marked = progress.isFinished(offset - task.firstOffset);
          expectThat(!marked || partition.finished.has(offset), `1: ${offset} is marked finished and is not`);
        }
      }
    }
  }

  /** From here on nothing fails: then everything must come to its end. */
  async #finishAll(): Promise<void> {
    this.#calm = true;
    this.#note('calm');
    for (let i = 0; i < 400; i++) {
      for (const partition of this.#partitions) this.#give(partition);
      while (this.#running.size > 0) this.#endCall();
      while (this.#unsettled.length > 0) this.#settleOne();
      await this.#turns();
      await this.#thread.clock.advance(1000);
      await this.#turns();
      this.#check();
      if (this.#partitions.every((partition) => checkpointOf(partition) === partition.end)) return;
    }
    const stuck = this.#partitions.map((partition) => `${checkpointOf(partition)} of ${partition.end}`);
    throw new Error(`2: not everything finishes: ${stuck.join(', ')}`);
  }

  #note(line: string): void {
    this.#trace.push(line);
  }

  #upTo(max: number): number {
    return Math.floor(this.#random() * max);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#upTo(list.length)]!;
  }
}

/** What would be committed, by the shared memory of the sets in the order in which they were handed over. */
function checkpointOf(partition: Partition): number {
  for (const { task, progress } of partition.sets) {
    const prefix = progress.readPrefix();
    if (prefix < progress.deltas) return task.firstOffset + prefix;
  }
  return partition.position;
}

function laneOf(partition: { readonly id: number }, key: TestRecord['key']): string {
  return `${partition.id}/${key ?? '(none)'}`;
}

/** Its first call of this epoch is to run alone. */
function isSuspect(partition: Partition, offset: number): boolean {
  return partition.opening?.suspects.some((s) => s.offset === offset) === true && !partition.calls.has(offset);
}

function expectThat(holds: boolean, message: string): void {
  if (!holds) throw new Error(message);
}
