/**
 * Memory that all threads of a contender share: how many records each has handled, and how long each record took from
 * its producer to its handler.
 *
 *   [thread 0 ····64 bytes][thread 1 ····64 bytes] … [latency of record 0, ms][of record 1] …
 *
 * Each thread counts on a cache line of its own: two that write to one line slow each other down.
 */
import { getEnvironmentData, setEnvironmentData, threadId } from 'node:worker_threads';
import type { Job, Latency } from '../job.ts';
import { machineClockMs } from '../job.ts';
import { percentile } from '../statistics.ts';

const name = 'bench.board';
const slots = 128;
const stride = 16;
const countersBytes = slots * stride * Int32Array.BYTES_PER_ELEMENT;

const watchEvery = 16;
let watcher: (() => void) | null = null;
let counters: Int32Array | null = null;
let latencies: Float64Array | null = null;
const mine = (threadId % slots) * stride;

/** To be called in the main thread, before any other thread starts. */
export function createBoard({ records, timed }: Pick<Job, 'records' | 'timed'>): void {
  const memory = new SharedArrayBuffer(countersBytes + (timed ? records : 0) * Float64Array.BYTES_PER_ELEMENT);
  setEnvironmentData(name, memory as unknown as string); // the type does not know that memory can be shared
  look();
}

/** A handler has finished a record. */
export function handled(): void {
  if (counters === null) look();
  const count = ++counters![mine]!;
  if (watcher !== null && count % watchEvery === 0) watcher();
}

/**
 * Handlers that run in this thread call `look` now and then: no timer fires while they compute.
 * @param look returns soon when there is nothing to do
 */
export function watchHere(look: () => void): void {
  watcher = look;
}

/** A handler has got record `number`. @param sentAtMs on the machine's clock */
export function arrived(number: number, sentAtMs: number): void {
  if (latencies === null) look();
  latencies![number] = machineClockMs() - sentAtMs;
}

/** Records that handlers have finished, in all threads. */
export function handledInAll(): number {
  if (counters === null) return 0;
  let sum = 0;
  for (let slot = 0; slot < counters.length; slot += stride) sum += counters[slot]!;
  return sum;
}

/** Of the records from number `first` on. */
export function latencyFrom(first: number): Latency {
  const measured = latencies!.subarray(first);
  return { p50Ms: percentile(measured, 0.5), p99Ms: percentile(measured, 0.99), maxMs: percentile(measured, 1) };
}

function look(): void {
  const memory = getEnvironmentData(name) as unknown as SharedArrayBuffer;
  counters = new Int32Array(memory, 0, slots * stride);
  latencies = new Float64Array(memory, countersBytes);
}
