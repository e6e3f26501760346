/**
 * What each stage of a record's path costs, in CPU nanoseconds per record: `npx node bench/micro/stages.ts`. The table in
 * `ARCHITECTURE.md` is from here. Records of 100 B, key 16 B, header `event_type`, in batches of about 16 KiB, 1,000 in a
 * set. Each stage runs alone and in memory; the lowest of five rounds counts, in CPU time of the thread, which says much
 * the same on a busy machine.
 */
import { join } from 'node:path';
import { Checkpoint } from '../../runtime/commit/checkpoint.ts';
import { splitRecords } from '../../runtime/consumer/record-sets.ts';
import { BytesPool } from '../../runtime/core/bytes-pool.ts';
import { systemClock } from '../../runtime/core/clock.ts';
import { Progress, ProgressPool, progressBytes } from '../../runtime/core/progress.ts';
import { systemRandom } from '../../runtime/core/random.ts';
import { createPooledThread } from '../../runtime/dispatch/thread-pool.ts';
import { FrameAssembler } from '../../runtime/kafka/frame-assembler.ts';
import { fetch } from '../../runtime/protocol/fetch.ts';
import { Reader } from '../../runtime/protocol/reader.ts';
import { type BatchHeader, readBatchHeader } from '../../runtime/protocol/records/batch-header.ts';
import { writeBatch } from '../../runtime/protocol/records/batch-writer.ts';
import { checkCrc } from '../../runtime/protocol/records/crc32c.ts';
import { decodeBatch, type RecordBatch } from '../../runtime/protocol/records/record-batch.ts';
import { testSettings } from '../../runtime/testing/test-settings.ts';
import { checkHandlers } from '../../runtime/worker/check-handlers.ts';
import { noShapes } from '../../runtime/worker/event-shapes.ts';
import { laneKeyOf } from '../../runtime/worker/lane-key.ts';
import { ownShare } from '../../runtime/worker/own-share.ts';
import { ThreadRunner } from '../../runtime/worker/thread-runner.ts';

const perBatch = 100;
const perSet = 1_000;
const rounds = 5;
const setsPerRound = 1_000;
const readBytes = 256 * 1024;

const handlers = join(import.meta.dirname, '..', 'handlers', 'noop.ts');
const group = testSettings({ bench: { fragment: { topics: ['orders'] }, handlers } }, [{ host: '127.0.0.1', port: 1 }])
  .groups[0]!;
const typeHeader = Buffer.from('event_type');

const records = Buffer.concat(Array.from({ length: perSet / perBatch }, (_, nr) => batchOf(nr * perBatch)));
const headers = headersOf(records);
const answer = answerOf(records);
const place = { topic: 'orders', partition: 0, epoch: 1 };
const [pool, bytes] = [new ProgressPool(), new BytesPool()];

function batchOf(baseOffset: number): Buffer {
  return writeBatch({
    baseOffset,
    records: Array.from({ length: perBatch }, (_, i) => ({
      key: Buffer.from(`key-${(baseOffset + i) % 250}`.padEnd(16, '.')),
      value: Buffer.alloc(100, 'x'),
      headers: [['event_type', Buffer.from('Measured')] as const],
      timestamp: 1_700_000_000_000,
    })),
  });
}

function headersOf(set: Buffer): readonly { readonly at: number; readonly header: BatchHeader }[] {
  const found: { at: number; header: BatchHeader }[] = [];
  for (let at = 0, header = readBatchHeader(set, 0); header !== null; header = readBatchHeader(set, at)) {
    found.push({ at, header });
    at += header.length;
  }
  return found;
}

/** A frame with the answer to a fetch. */
function answerOf(set: Buffer): Buffer {
  const partition = { partition: 0, errorCode: 0, highWatermark: perSet, lastStableOffset: perSet, logStartOffset: 0 };
  const absent = { divergingEpoch: null, currentLeader: null, abortedTransactions: null, preferredReadReplica: -1 };
  const topics = [{ name: 'orders', topicId: '0'.repeat(32), partitions: [{ ...partition, ...absent, records: set }] }];
  const whole = { throttleTimeMs: 0, errorCode: 0, sessionId: 0, topics, nodeEndpoints: [] };
  const body = fetch.writeResponse(whole, 13);
  const frame = Buffer.concat([Buffer.alloc(8), body]);
  frame.writeInt32BE(frame.length - 4);
  return frame;
}

function decoded(): readonly RecordBatch[] {
  return headers.map(({ at, header }) => decodeBatch(records, at, header, 1 << 26, typeHeader));
}

/** A thread's runner with a handler that does nothing, here in this thread. */
function runner(): () => Promise<unknown> {
  const module = checkHandlers({ default: { '*': () => {} } }, { file: handlers, events: null }, group);
  const start = { group, thread: 0, maxRunning: 64, logLevel: 'info', pulse: new SharedArrayBuffer(8) } as const;
  const common = { clock: systemClock, random: systemRandom, post: () => {}, newId: () => '' };
  const thread = new ThreadRunner({ ...common, shapes: noShapes, start, modules: [module] });
  return () => thread.run(task(new Uint8Array(records).buffer));
}

let lastId = 0;

function task(of: ArrayBuffer) {
  const progress = pool.take(perSet);
  pool.give(progress);
  const offsets = { firstOffset: 0, lastOffset: perSet - 1 };
  const set = { kind: 'records', id: ++lastId, bytes: of, byteLength: records.length, opening: null } as const;
  return { ...set, ...place, ...offsets, progress: progress.memory };
}

/** CPU nanoseconds of this thread per record. @param work on one set */
async function cost(work: () => unknown): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.threadCpuUsage();
    for (let set = 0; set < setsPerRound; set++) await work();
    const { user, system } = process.threadCpuUsage(before);
    lowest = Math.min(lowest, ((user + system) * 1_000) / (setsPerRound * perSet));
  }
  return lowest;
}

const empty = await cost(() => {});
async function measured(stage: string, work: () => unknown, less = 0): Promise<number> {
  const ns = (await cost(work)) - empty;
  console.log(`${stage.padEnd(52)} ${(ns - less).toFixed(1).padStart(7)} ns`);
  return ns;
}

console.log('main thread');
const assembler = new FrameAssembler(1 << 26, (frame) => fetch.readResponse(new Reader(frame, 8), 13));
await measured('  frame and answer of the fetch', () => {
  for (let at = 0; at < answer.length; at += readBytes) assembler.push(answer.subarray(at, at + readBytes));
  assembler.recycle();
});
await measured('  batch headers, copy into a record set', () => {
  const fetched = { ...place, position: 0, records, aborted: [] };
  for (const set of splitRecords(fetched, pool, bytes).sets) {
    bytes.give(set.bytes);
    pool.give(set.progress);
  }
});
const thread = createPooledThread({ group, logLevel: 'info', clock: systemClock }, 0, { message() {}, died() {} });
await thread.start();
let memory = bytes.take(records.length);
await measured('  hand-over to a thread and its answer', async () => {
  // Records of an epoch that has ended: the thread sends them back as they are.
  memory = (await thread.run({ ...task(memory), byteLength: 0 })).bytes ?? memory;
});
await thread.end();
await measured('  checkpoint of the set, read once', () => {
  const progress = pool.take(perSet);
  const checkpoint = new Checkpoint(0, (done) => pool.give(done));
  checkpoint.track({ firstOffset: 0, lastOffset: perSet - 1, progress });
  checkpoint.read();
  checkpoint.close();
});

console.log('handler thread');
const crc = await measured('  checksum', () => {
  for (const { at, header } of headers) checkCrc(records, at, header);
});
const walk = await measured('  walk that finds the records, keys and types', decoded, crc);
const batches = decoded();
const laneKey = laneKeyOf(group.concurrency);
const keys = await measured('  key of the lane (where a key has unfinished work)', () => {
  for (const batch of batches) for (let i = 0; i < perBatch; i++) laneKey(batch, i);
});
const shared = { ...group, concurrency: { ...group.concurrency, shares: 2 } };
const isOwn = ownShare({ group: shared, thread: 0 })!;
await measured(
  '  whose it is (with split: workers), beside its key',
  () => {
    for (const batch of batches) for (let i = 0; i < perBatch; i++) isOwn(laneKey(batch, i), i);
  },
  keys,
);
const progress = new Progress(new SharedArrayBuffer(progressBytes(perSet)), perSet);
const done = await measured('  progress', () => {
  const fresh = new Progress(progress.memory, perSet);
  fresh.reset();
  for (let delta = 0; delta < perSet; delta++) {
    fresh.start(delta);
    fresh.enter(delta);
    fresh.finish(delta);
  }
  fresh.publish();
});
await measured('  all else around a handler that does nothing', runner(), walk + done);
