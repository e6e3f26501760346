/**
 * How many records one thread's runner gets through, with handlers that do next to nothing: `npx node bench/micro/runner.ts`.
 * One line per handler: three rounds, then the CPU time, which says more on a busy machine. Records of 100 B, key 16 B, header `event_type`, 1000 in a set, in memory: no Kafka, no threads, no hand-over.
 */
import { systemClock } from '../../runtime/core/clock.ts';
import { anyEvents } from '../../runtime/core/event-types.ts';
import { Progress, progressBytes } from '../../runtime/core/progress.ts';
import { systemRandom } from '../../runtime/core/random.ts';
import type { GroupSettings } from '../../runtime/core/settings.ts';
import type { Fn } from '../../runtime/handler/define-handlers.ts';
import { writeBatch } from '../../runtime/protocol/records/batch-writer.ts';
import { checkHandlers } from '../../runtime/worker/check-handlers.ts';
import { noShapes } from '../../runtime/worker/event-shapes.ts';
import { ThreadRunner } from '../../runtime/worker/thread-runner.ts';

const recordsPerSet = 1000;
const sets = 2000;

const group = {
  name: 'bench',
  concurrency: { order: 'key', keyFrom: { kind: 'key' }, nullKey: 'partition', workers: 1, shares: 1, max: 64 },
  fetch: { maxDecompressedBytes: 1 << 26 },
  timeouts: { handlerMs: 60_000, slowMs: 1000 },
  retry: { maxRetries: 3, baseDelayMs: 1000, maxDelayMs: 60_000, jitter: 0.1, never: [] },
  schemas: anyEvents,
} as unknown as GroupSettings;

const records = Array.from({ length: recordsPerSet }, (_, i) => ({
  key: Buffer.from(`key-${i % 250}`.padEnd(16, '.')),
  value: Buffer.from(JSON.stringify({ n: i }).padEnd(100)),
  headers: [['event_type', Buffer.from('OrderPlaced')] as const],
  timestamp: 1_700_000_000_000,
}));
const bytes = writeBatch({ records });

const only = process.env.ONLY; // one line only: ONLY='sync no-op'
const handlers: Readonly<Record<string, Fn>> = {
  'sync no-op': () => {},
  'sync, key and value length': (event) => (event.key?.length ?? 0) + (event.raw().value?.length ?? 0),
  'sync, event.data': (event) => event.data,
  'async no-op': async () => {},
  'async, one setImmediate': () => new Promise((resolve) => setImmediate(resolve)),
};

for (const [name, handle] of Object.entries(handlers)) {
  if (only !== undefined && only !== name) continue;
  await measure(name, handle, Math.floor(sets / 10));
  const rounds: Measured[] = [];
  for (let round = 0; round < 3; round++) rounds.push(await measure(name, handle, sets));
  const rates = rounds.map(({ wallSeconds }) => `${(1 / wallSeconds).toFixed(2)} M/s`);
  const cpu = Math.min(...rounds.map(({ cpuSeconds }) => cpuSeconds));
  console.log(`${name.padEnd(28)} ${rates.join('  ')}   ${cpu.toFixed(3)} CPU s/M`);
}

/** For a million records. */
interface Measured {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
}

async function measure(name: string, handle: Fn, count: number): Promise<Measured> {
  const modules = [checkHandlers({ default: { OrderPlaced: handle } }, { file: name, events: null }, group)];
  const runner = new ThreadRunner({
    shapes: noShapes,
    start: { group, thread: 0, maxRunning: 64, logLevel: 'info', pulse: new SharedArrayBuffer(8) },
    modules,
    post: () => {},
    clock: systemClock,
    random: systemRandom,
    newId: () => '',
  });
  const progress = new Progress(new SharedArrayBuffer(progressBytes(recordsPerSet)), recordsPerSet);
  const copy = new ArrayBuffer(bytes.length);
  Buffer.from(copy).set(bytes);
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  for (let id = 1; id <= count; id++) {
    progress.reset();
    const place = { topic: 'orders.stream', partition: 0, epoch: 0, firstOffset: 0, lastOffset: recordsPerSet - 1 };
    await runner.run({
      kind: 'records',
      id,
      ...place,
      bytes: copy,
      byteLength: bytes.length,
      progress: progress.memory,
      opening: null,
    });
  }
  const wallSeconds = (performance.now() - started) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  await runner.end();
  const millions = (count * recordsPerSet) / 1e6;
  return { wallSeconds: wallSeconds / millions, cpuSeconds: (cpu.user + cpu.system) / 1e6 / millions };
}
