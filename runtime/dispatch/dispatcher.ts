/**
 * Hands record sets to threads and follows them until they are answered.
 *
 *                 accept                     answered
 *   (closed) ──▶ flow of an epoch ── sets in flight ──▶ room again ──▶ progressed
 *                 │ its thread dies with work in flight, or is not there when a set comes
 *                 ▼
 *                lost ── the next thread is ready ──▶ threadDied ──▶ opened again under a new epoch
 *
 * Whatever comes back is looked up by its flow: one of an older epoch has been replaced by then, so it has no effect
 * but to give its memory back. Not responsible for progress (`commit/`) or for what a failed record becomes
 * (`outcome/`).
 */
import type { Clock } from '../core/clock.ts';
import { toErrorData } from '../core/error-data.ts';
import type { Emit } from '../core/events.ts';
import type { Progress } from '../core/progress.ts';
import type { Random } from '../core/random.ts';
import { partitionKey, type RecordSet, type Share, type TopicPartition } from '../core/record-set.ts';
import type { GroupSettings } from '../core/settings.ts';
import type { Dispatch, DispatchHooks, DrainReason } from '../core/stages.ts';
import type {
  AbortReason,
  Blame,
  CloseMode,
  ExhaustedReport,
  FromThread,
  Opening,
  SetDone,
  ToThread,
} from '../core/thread-messages.ts';
import { CorruptReads } from './corrupt-reads.ts';
import { Deaths } from './deaths.ts';
import { drainFlows } from './drain.ts';
import { type Flow, newFlow, shareOf } from './flow.ts';
import { Flows } from './flows.ts';
import type { MakeThread } from './handler-thread.ts';
import { tellReport } from './reports.ts';
import { Room } from './room.ts';
import { SavedPositions } from './saved-positions.ts';
import { Tasks } from './tasks.ts';
import type { ThreadSlot } from './thread-slot.ts';
import { Threads } from './threads.ts';

export interface DispatcherOptions {
  readonly group: GroupSettings;
  readonly hooks: DispatchHooks;
  readonly makeThread: MakeThread;
  readonly clock: Clock;
  readonly random: Random;
  readonly emit: Emit;
  /** Gets the progress memory of a set that no thread writes any more; `commit/` may still read it. */
  readonly release: (progress: Progress) => void;
  /** Gets the memory that a thread has sent back: nobody has a view of it. */
  readonly returned: (bytes: ArrayBuffer) => void;
}

export class Dispatcher implements Dispatch {
  readonly #options: DispatcherOptions;
  readonly #threads: Threads;
  readonly #flows = new Flows();
  /** Until the drain is over; some of them may be lost or opened again meanwhile. */
  readonly #draining = new Set<Flow>();
  readonly #tasks: Tasks;
  readonly #room: Room;
  readonly #deaths = new Deaths();
  readonly #corrupt: CorruptReads;
  readonly #positions: SavedPositions;
  #waiters: (() => void)[] = [];

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { group, makeThread, clock, random, hooks } = options;
    this.#tasks = new Tasks(options.release);
    this.#positions = new SavedPositions(clock);
    this.#room = new Room(
      group.buffer,
      this.#tasks,
      clock,
      () => this.#flows.partitions(),
      () => hooks.progressed(),
    );
    this.#threads = new Threads({
      ...{ group, makeThread, clock, random },
      hooks: {
        message: (slot, message, reply) => this.#message(slot, message, reply),
        ending: (slot, reason) => {
          this.#positions.died(slot);
          this.#tellDeath(slot, reason);
        },
        died: (slot, blame) => this.#died(slot, blame),
        notStarted: (slot, reason) => this.#tellDeath(slot, reason),
        replaced: (slot) => this.#replaced(slot),
      },
      isBusy: (slot) => this.#tasks.isBusy(slot),
    });
    this.#corrupt = new CorruptReads(clock, hooks, (partition) => this.#flows.of(partition));
  }

  start(): Promise<void> {
    return this.#threads.start();
  }

  hasRoom(partition: TopicPartition): boolean {
    const flows = this.#flows.of(partition);
    if (flows.length === 0 || flows.some(isHeldUp)) return false;
    return this.#room.hasRoom(flows);
  }

  open(share: Share, epoch: number, opening: Opening | null): void {
    const before = this.#flows.get(share);
    if (before !== undefined) this.#close(before, 'abort', 'revoked');
    before?.ended.abort();
    const flow = newFlow(share, epoch, this.#threads.slotOf(share), opening);
    this.#flows.set(flow);
    this.#tellOpen(flow);
  }

  accept(set: RecordSet): void {
    const flow = this.#flows.get(set);
    if (flow?.epoch !== set.epoch || flow.draining) {
      this.#options.release(set.progress); // the next owner reads it
      return;
    }
    if (flow.lost || flow.corrupt || !flow.slot.ready) {
      flow.lost ||= !flow.corrupt; // it is read again when the next thread is there
      this.#options.release(set.progress);
      return;
    }
    const { id, topic, partition, epoch, firstOffset, lastOffset, bytes, byteLength, progress } = set;
    const { opening } = flow;
    flow.opening = null;
    flow.told = opening ?? flow.told;
    flow.inFlight.add(set);
    this.#tasks.add(set, flow);
    this.#threads.watch();
    flow.slot
      .run({
        kind: 'records',
        id,
        topic,
        partition,
        epoch,
        firstOffset,
        lastOffset,
        bytes,
        byteLength,
        progress: progress.memory,
        opening,
      })
      .then(
        (done) => this.#answered(id, done),
        (error: unknown) => this.#failed(flow, id, error),
      );
  }

  async drain(partitions: readonly TopicPartition[], budgetMs: number, reason: DrainReason): Promise<boolean> {
    const flows = this.#flowsOf(partitions);
    for (const flow of flows) this.#draining.add(flow);
    const finished = await drainFlows({
      flows,
      budgetMs,
      clock: this.#options.clock,
      changed: () => new Promise((resolve) => this.#waiters.push(resolve)),
      hasTasks: (flow) => this.#tasks.has(flow),
      close: (flow, mode) => this.#close(flow, mode, reason),
    });
    // A partition that was opened again or lost meanwhile is not ours to forget.
    for (const flow of flows) {
      this.#draining.delete(flow);
      if (!this.#flows.has(flow)) continue;
      if (flow.inFlight.empty && !flow.slot.followsPartitions) this.#close(flow, 'drain', reason);
      this.#forget(flow);
    }
    return finished;
  }

  position(partition: TopicPartition): Promise<number | null> {
    return this.#positions.ask(this.#threads.slotOf(partition), partition);
  }

  abort(partitions: readonly TopicPartition[]): void {
    for (const flow of this.#flowsOf(partitions)) {
      this.#close(flow, 'abort', 'lost');
      this.#forget(flow);
    }
  }

  async stop(): Promise<void> {
    this.#room.stop();
    this.#corrupt.stop();
    this.#positions.stop();
    await this.#threads.stop();
    this.#tasks.giveBackAll();
  }

  #message(slot: ThreadSlot, message: FromThread, reply: (message: ToThread) => void): void {
    const { emit, group, hooks } = this.#options;
    switch (message.kind) {
      case 'exhausted':
        void this.#exhausted(slot, message);
        return;
      case 'publish':
        void hooks.publish(message.records, { background: message.background ?? false }).then((result) => {
          reply({ kind: 'published', request: message.request, result });
        });
        return;
      case 'corrupt': {
        const flow = this.#flowOfSet(message.set);
        if (flow !== null && this.#flows.has(flow)) this.#corrupt.found(flow, message.offset, message.message);
        return;
      }
      case 'closed':
        this.#closed(slot, message);
        return;
      case 'position':
        this.#positions.answered(message);
        return;
      case 'tainted':
        void slot.replace(message.reason, message.blame);
        return;
      default:
        tellReport(emit, group.name, slot.index, message);
    }
  }

  async #exhausted(slot: ThreadSlot, report: ExhaustedReport): Promise<void> {
    const flow = this.#flowIn(slot, report.place);
    // What a thread says while it ends has no effect either: the record is read again.
    if (flow?.epoch !== report.epoch || !flow.slot.ready) return;
    const outcome = await this.#options.hooks.exhausted(report, flow.ended.signal);
    if (!this.#flows.has(flow)) return;
    if (outcome === 'held') flow.held.add(report.place.offset);
    else flow.slot.post({ kind: 'settled', set: report.set, offset: report.place.offset });
  }

  #answered(id: number, { kind, bytes }: SetDone): void {
    if (bytes !== null) this.#options.returned(bytes);
    const task = this.#tasks.giveBack(id);
    if (task === null) return;
    task.flow.inFlight.answered(id);
    if (kind === 'stale') task.flow.stale.add(id); // as for a flow that has ended; else its bytes do not decode
    this.#changed();
    if (this.#flows.has(task.flow)) this.#options.hooks.progressed();
  }

  /** The thread died, which is told by itself, or the task could not be handed over: then no thread will answer it. */
  #failed(flow: Flow, id: number, error: unknown): void {
    if (this.#tasks.get(id) === null || !flow.slot.ready) return;
    void flow.slot.replace(`a record set was not taken: ${toErrorData(error).message}`);
  }

  #died(slot: ThreadSlot, blame: Blame): void {
    const worked = this.#flows.all().filter((flow) => flow.slot === slot && !flow.inFlight.empty);
    const suspects = this.#deaths.record(
      new Map(worked.map((flow) => [flow.shareKey, flow.inFlight])),
      typeof blame === 'string' ? blame : { share: this.#flowIn(slot, blame)?.shareKey ?? '', offset: blame.offset },
    );
    for (const flow of worked) {
      flow.lost = true;
      flow.suspects = suspects.get(flow.shareKey) ?? [];
    }
    for (const flow of [...this.#flows.all(), ...this.#draining]) if (flow.slot === slot) flow.followed = false;
    // Those with nothing in flight go on under their epoch, and what is finished ahead of them still is.
    for (const flow of this.#flows.all()) if (flow.slot === slot && !flow.lost) flow.opening ??= flow.told;
    this.#tasks.giveBackAll(slot);
    this.#changed();
  }

  #tellDeath(slot: ThreadSlot, reason: string): void {
    this.#options.emit('thread.died', { group: this.#options.group.name, thread: slot.index, reason });
  }

  #replaced(slot: ThreadSlot): void {
    const { emit, group, hooks } = this.#options;
    emit('thread.replaced', { group: group.name, thread: slot.index });
    for (const flow of this.#flows.all()) {
      if (flow.slot === slot && !flow.lost && !flow.draining) this.#tellOpen(flow);
    }
    const lost = this.#flows.all().filter((flow) => flow.slot === slot && flow.lost && !flow.draining);
    // Suspects that no thread has been told of yet are suspects still.
    const suspects = new Map(lost.map((flow) => [flow.shareKey, flow.opening?.suspects ?? flow.suspects]));
    if (lost.length > 0) hooks.threadDied(lost.map(shareOf), suspects);
    hooks.progressed(); // partitions without work in flight may be fetched again
  }

  #tellOpen(flow: Flow): void {
    const { slot, topic, partition, epoch } = flow;
    if (!slot.followsPartitions) return;
    flow.followed = true;
    slot.post({ kind: 'open', topic, partition, epoch });
  }

  #closed(slot: ThreadSlot, { epoch, failed, ...place }: Extract<FromThread, { readonly kind: 'closed' }>): void {
    const key = partitionKey(place);
    for (const flow of this.#draining) {
      if (flow.slot !== slot || flow.key !== key || flow.epoch !== epoch) continue;
      flow.followed = false;
      flow.revokedBadly = failed;
    }
    this.#changed();
  }

  #close({ slot, topic, partition, epoch }: Flow, mode: CloseMode, reason: AbortReason): void {
    slot.post({ kind: 'close', topic, partition, epoch, mode, reason });
  }

  #forget(flow: Flow): void {
    flow.ended.abort();
    this.#flows.delete(flow);
    this.#deaths.forget(flow.shareKey);
    this.#corrupt.forget(flow.key);
  }

  #changed(): void {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** The share that a thread has of a partition. */
  #flowIn(slot: ThreadSlot, partition: TopicPartition): Flow | undefined {
    return this.#flows.of(partition).find((flow) => flow.slot === slot);
  }

  /** The answer to a damaged set may come before the message about it. */
  #flowOfSet(id: number): Flow | null {
    return this.#tasks.get(id)?.flow ?? this.#flows.all().find((flow) => flow.stale.has(id)) ?? null;
  }

  #flowsOf(partitions: readonly TopicPartition[]): readonly Flow[] {
    return partitions.flatMap((partition) => this.#flows.of(partition));
  }
}

/** Nothing more is handed over for now, or for ever. */
function isHeldUp({ lost, draining, corrupt, slot }: Flow): boolean {
  return lost || draining || corrupt || !slot.ready;
}
