/** Threads that a test plays itself: it sees what they are given, and answers, reports and dies for them. */
import { EventHub } from '../../../runtime/core/events.ts';
import { Progress, progressBytes } from '../../../runtime/core/progress.ts';
import type { RecordSet, TopicPartition } from '../../../runtime/core/record-set.ts';
import type { GroupSettings } from '../../../runtime/core/settings.ts';
import type {
  ExhaustedReport,
  Opening,
  PublishResult,
  RecordsTask,
  SetDone,
  ToThread,
} from '../../../runtime/core/thread-messages.ts';
import { ThreadPulse } from '../../../runtime/core/thread-pulse.ts';
import { Dispatcher } from '../../../runtime/dispatch/dispatcher.ts';
import type { HandlerThread, HandlerThreadHooks } from '../../../runtime/dispatch/handler-thread.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';

interface GivenTask {
  readonly task: RecordsTask;
  readonly answer: (kind: SetDone['kind'], bytes?: ArrayBuffer | null) => void;
  readonly reject: (error: Error) => void;
}

export class FakeThread implements HandlerThread {
  readonly pulse = new ThreadPulse();
  followsPartitions = false;
  readonly tasks: GivenTask[] = [];
  readonly posted: ToThread[] = [];
  readonly hooks: HandlerThreadHooks;
  readonly index: number;
  killed = false;
  started: PromiseWithResolvers<void> = Promise.withResolvers();
  /** How long its end takes. */
  ended: Promise<void> = Promise.resolve();

  constructor(index: number, hooks: HandlerThreadHooks) {
    this.index = index;
    this.hooks = hooks;
  }

  start(): Promise<void> {
    return this.started.promise;
  }

  run(task: RecordsTask): Promise<SetDone> {
    return new Promise((resolve, reject) =>
      this.tasks.push({ task, answer: (kind, bytes = null) => resolve({ kind, bytes }), reject }),
    );
  }

  post(message: ToThread): void {
    this.posted.push(message);
  }

  end(): Promise<void> {
    return this.kill();
  }

  kill(): Promise<void> {
    this.killed = true;
    for (const { reject } of this.tasks) reject(new Error('terminated'));
    return this.ended;
  }
}

const groupDefaults: Pick<GroupSettings, 'name' | 'concurrency' | 'buffer' | 'timeouts'> = {
  name: 'billing',
  concurrency: {
    order: 'key',
    keyFrom: { kind: 'key' },
    nullKey: 'none',
    workers: 1,
    shares: 1,
    maxHeapBytes: null,
    max: 64,
  },
  buffer: { maxRecords: 1_000, maxBytes: 100_000, maxUncommitted: 1_000 },
  timeouts: { handlerMs: 10_000, slowMs: 1_000, sessionMs: 45_000, heartbeatMs: 3_000, rebalanceMs: 60_000 },
};

export function setup(part: Partial<GroupSettings> = {}) {
  const clock = new ManualClock();
  const hub = new EventHub();
  const events: string[] = [];
  const told: unknown[] = [];
  hub.listen((name, event) => {
    told.push([name, event]);
    events.push('reason' in event ? `${name}: ${event.reason}` : name);
  });
  const published: ((result: PublishResult) => void)[] = [];
  const threads: FakeThread[] = [];
  const released: Progress[] = [];
  const returned: ArrayBuffer[] = [];
  const reread: { partitions: readonly TopicPartition[]; suspects: ReadonlyMap<string, Opening['suspects']> }[] = [];
  const corrupt: number[] = [];
  const exhausted: {
    report: ExhaustedReport;
    ended: AbortSignal;
    decide: (outcome: 'settled' | 'held') => void;
  }[] = [];
  const counts = { progressed: 0 };
  const dispatch = new Dispatcher({
    // The dispatcher reads these parts only.
    group: { ...groupDefaults, ...part } as GroupSettings,
    hooks: {
      exhausted: (report, ended) => new Promise((decide) => exhausted.push({ report, ended, decide })),
      publish: () => new Promise((resolve) => published.push(resolve)),
      progressed: () => {
        counts.progressed++;
      },
      threadDied: (partitions, suspects) => reread.push({ partitions, suspects }),
      corrupt: (_, offset) => (corrupt.push(offset) < 3 ? 'again' : 'stopped'),
    },
    makeThread: (index, hooks) => {
      const thread = new FakeThread(index, hooks);
      threads.push(thread);
      return thread;
    },
    clock,
    random: () => 0.5,
    emit: hub.emit,
    release: (progress) => released.push(progress),
    returned: (bytes) => returned.push(bytes),
  });
  /** Starts all threads that wait for it. */
  const start = async (): Promise<void> => {
    const starting = dispatch.start();
    for (const thread of threads) thread.started.resolve();
    await starting;
  };
  return {
    clock,
    dispatch,
    threads,
    released,
    returned,
    reread,
    corrupt,
    exhausted,
    published,
    counts,
    events,
    told,
    start,
  };
}

let nextId = 1;

export function recordSet(
  place: TopicPartition,
  epoch: number,
  firstOffset: number,
  lastOffset: number,
  byteLength = 10,
): RecordSet {
  const deltas = lastOffset - firstOffset + 1;
  const progress = new Progress(new SharedArrayBuffer(progressBytes(deltas)), deltas);
  progress.reset();
  const bytes = new ArrayBuffer(byteLength);
  return {
    ...place,
    id: nextId++,
    epoch,
    firstOffset,
    lastOffset,
    bytes,
    byteLength,
    recordCount: deltas,
    progress,
  };
}

export function finish({ progress, firstOffset }: RecordSet, from: number, to: number): void {
  for (let offset = from; offset <= to; offset++) {
    progress.start(offset - firstOffset);
    progress.finish(offset - firstOffset);
  }
  progress.publish();
}

/** A group whose partitions have two threads between them. */
export const twoWorkers = {
  concurrency: {
    order: 'key',
    keyFrom: { kind: 'key' },
    nullKey: 'none',
    workers: 2,
    shares: 1,
    maxHeapBytes: null,
    max: 64,
  },
} as const;
