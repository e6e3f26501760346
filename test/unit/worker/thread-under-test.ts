/**
 * A `ThreadRunner` with handlers that a test gives as functions, on a manual clock, with all that it posts in a list.
 * Record sets are made here: a test names records, not bytes.
 */
import { anyEvents, type SchemaSettings } from '../../../runtime/core/event-types.ts';
import { Progress, progressBytes } from '../../../runtime/core/progress.ts';
import { type Random, seededRandom } from '../../../runtime/core/random.ts';
import type {
  ConcurrencySettings,
  GroupSettings,
  RetrySettings,
  TimeoutSettings,
} from '../../../runtime/core/settings.ts';
import type {
  AbortReason,
  ExhaustedReport,
  FromThread,
  Opening,
  RawHeader,
  RecordsTask,
  SetDone,
} from '../../../runtime/core/thread-messages.ts';
import type { RecordToWrite } from '../../../runtime/protocol/records/batch-writer.ts';
import { writeBatch } from '../../../runtime/protocol/records/batch-writer.ts';
import { ManualClock } from '../../../runtime/testing/manual-clock.ts';
import { checkHandlers } from '../../../runtime/worker/check-handlers.ts';
import type { Dedupe } from '../../../runtime/worker/dedupe.ts';
import { noShapes, type Shapes } from '../../../runtime/worker/event-shapes.ts';
import { ThreadRunner } from '../../../runtime/worker/thread-runner.ts';

export interface TestRecord {
  readonly key?: string | Uint8Array | null;
  readonly value?: string | Uint8Array | null;
  /** Header `event_type`; null: the record has none. */
  readonly type?: string | null;
  readonly headers?: readonly RawHeader[];
  readonly offset?: number;
}

export interface TestSettings {
  readonly concurrency?: Partial<ConcurrencySettings>;
  readonly retry?: Partial<RetrySettings>;
  readonly timeouts?: Partial<TimeoutSettings>;
  readonly maxDecompressedBytes?: number;
  readonly schemas?: Partial<SchemaSettings>;
  readonly shapes?: Shapes;
  readonly dedupe?: Dedupe;
  readonly maxRunning?: number;
  /** Its index. */
  readonly thread?: number;
  readonly random?: Random;
  readonly clock?: ManualClock;
  /** false: what is posted is not cloned, which a model with many runs has no time for. */
  readonly clone?: boolean;
  /** Of each module, in order. */
  readonly events?: readonly (readonly string[] | null)[];
}

export function groupOf(settings: TestSettings = {}): GroupSettings {
  return {
    name: 'billing',
    handlers: [],
    concurrency: {
      order: 'key',
      keyFrom: { kind: 'key' },
      nullKey: 'partition',
      workers: 1,
      shares: 1,
      max: 64,
      ...settings.concurrency,
    },
    fetch: { maxDecompressedBytes: settings.maxDecompressedBytes ?? 1 << 20 },
    timeouts: { handlerMs: 60_000, slowMs: 1000, ...settings.timeouts },
    retry: {
      maxRetries: 3,
      baseDelayMs: 1000,
      maxDelayMs: 60_000,
      jitter: 0,
      never: ['ValidationError'],
      onExhausted: 'dlq',
      ...settings.retry,
    },
    schemas: { ...anyEvents, ...settings.schemas },
    // Which one is given to the runner; the settings only say that there is one.
    dedupe: settings.dedupe === undefined ? null : {},
  } as unknown as GroupSettings;
}

export class ThreadUnderTest {
  readonly clock: ManualClock;
  readonly posted: FromThread[] = [];
  readonly runner: ThreadRunner;
  #lastSet = 0;

  /** @param modules default exports, in the manifest's order */
  constructor(modules: readonly object[], settings: TestSettings = {}) {
    this.clock = settings.clock ?? new ManualClock();
    const group = groupOf(settings);
    const { shapes = noShapes } = settings;
    let ids = 0;
    this.runner = new ThreadRunner({
      start: {
        group,
        thread: settings.thread ?? 0,
        maxRunning: settings.maxRunning ?? 64,
        logLevel: 'debug',
        pulse: new SharedArrayBuffer(8),
      },
      modules: modules.map((handlers, i) =>
        checkHandlers(
          { default: handlers },
          { file: `/handlers/${i}.ts`, events: settings.events?.[i] ?? null },
          group,
        ),
      ),
      shapes,
      dedupe: settings.dedupe ?? null,
      post: (message) => this.posted.push(settings.clone === false ? message : structuredClone(message)),
      clock: this.clock,
      random: settings.random ?? seededRandom(1),
      newId: () => `id-${++ids}`,
    });
  }

  /** Hands a record set over. */
  give(records: readonly TestRecord[], options: GiveOptions = {}): GivenSet {
    const firstOffset = options.firstOffset ?? records[0]?.offset ?? 0;
    let next = firstOffset;
    const toWrite = records.map((record) => {
      const offset = record.offset ?? next;
      next = offset + 1;
      return { ...toRecord(record), offset };
    });
    const baseOffset = toWrite[0]?.offset ?? firstOffset;
    const batch = writeBatch({
      baseOffset,
      records: toWrite.map(({ offset, ...record }) => ({ ...record, offsetDelta: offset - baseOffset })),
      ...(options.codec === undefined ? {} : { codec: options.codec }),
    });
    return this.giveBytes(options.spoil?.(batch) ?? batch, firstOffset, options.lastOffset ?? next - 1, options);
  }

  giveBytes(bytes: Uint8Array, firstOffset: number, lastOffset: number, options: GiveOptions = {}): GivenSet {
    const deltas = lastOffset - firstOffset + 1;
    const progress = new Progress(new SharedArrayBuffer(progressBytes(deltas)), deltas);
    progress.reset();
    const task: RecordsTask = {
      kind: 'records',
      id: ++this.#lastSet,
      topic: 'orders.stream',
      partition: options.partition ?? 0,
      epoch: options.epoch ?? 0,
      firstOffset,
      lastOffset,
      bytes: new Uint8Array(Buffer.concat([bytes, options.after ?? Buffer.alloc(0)])).buffer,
      byteLength: bytes.length,
      progress: progress.memory,
      opening: options.opening ?? null,
    };
    const given: GivenSet = { task, progress, answer: null };
    void this.runner.run(task).then((answer) => {
      given.answer = answer;
    });
    return given;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let i = 0; i < 6; i++) await this.clock.turn();
  }

  close(epoch: number, reason: AbortReason = 'revoked', partition = 0): void {
    this.runner.receive({ kind: 'close', topic: 'orders.stream', partition, epoch, mode: 'abort', reason });
  }

  of<K extends FromThread['kind']>(kind: K): Extract<FromThread, { kind: K }>[] {
    return this.posted.filter((message) => message.kind === kind) as Extract<FromThread, { kind: K }>[];
  }

  get exhausted(): ExhaustedReport[] {
    return this.of('exhausted');
  }

  /** The dead letter of this report was acknowledged. */
  settled(report: ExhaustedReport): void {
    this.runner.receive({ kind: 'settled', set: report.set, offset: report.place.offset });
  }
}

export interface GiveOptions {
  readonly epoch?: number;
  readonly partition?: number;
  readonly firstOffset?: number;
  readonly lastOffset?: number;
  readonly opening?: Opening;
  readonly codec?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  readonly spoil?: (batch: Buffer) => Buffer;
  /** What the set's memory holds behind its batches. */
  readonly after?: Uint8Array;
}

export interface GivenSet {
  readonly task: RecordsTask;
  readonly progress: Progress;
  answer: SetDone | null;
}

/** Something that a test lets happen when it likes. */
export class Gate<T = void> {
  readonly opened: Promise<T>;
  open!: (value: T) => void;
  fail!: (error: unknown) => void;

  constructor() {
    this.opened = new Promise((resolve, reject) => {
      this.open = resolve;
      this.fail = reject;
    });
  }
}

function toRecord(record: TestRecord): RecordToWrite {
  const { key = null, value = '{}', type = 'Placed', headers = [] } = record;
  const typeHeader: RawHeader[] = type === null ? [] : [['event_type', Buffer.from(type)]];
  return {
    key: toBytes(key),
    value: toBytes(value),
    headers: [...typeHeader, ...headers],
    timestamp: 1_700_000_000_000,
  };
}

function toBytes(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
