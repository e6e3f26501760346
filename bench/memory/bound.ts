/**
 * How much memory a process may take, from the limits in its manifest:
 *
 *   RSS <= base + workers · (heap + thread) + fetch + buffer + inbox + pool + producer
 *
 *   base      Node, the code, the main thread's own heap
 *   heap      concurrency.maxHeap
 *   fetch     batch.maxBytes, on its way, for each broker; and one record batch unpacked (batch.maxDecompressed)
 *   buffer    buffer.maxBytes of the group, exceeded by at most one fetch
 *   inbox     one record set for each worker
 *   pool      memory of record sets between two uses
 *   producer  dead letters and what handlers publish, waiting for Kafka
 */
import { keptBytesMax } from '../../runtime/core/bytes-pool.ts';
import type { GroupSettings } from '../../runtime/core/settings.ts';

const mib = 1024 * 1024;

/** Measured with Node 24: bare 45 MiB, with libraries 64; the rest is what our code and garbage may take. */
const baseBytes = 90 * mib;
/** Measured: what an idle worker takes above its heap. */
const threadBytes = 12.5 * mib;
/** `producer.bufferBytes`, by default. */
const producerBytes = 32 * mib;
/** Sets are cut at this size; a single larger batch makes a set of its own. */
const recordSetBytes = mib;

/** @param group with `concurrency.maxHeap` set, since there is no bound otherwise */
export function memoryBound({ concurrency, fetch, buffer }: GroupSettings, brokers: number): number {
  const workers = concurrency.workers * ((concurrency.maxHeapBytes ?? 0) + threadBytes + recordSetBytes);
  const answers = brokers * fetch.maxBytes + fetch.maxDecompressedBytes;
  return baseBytes + workers + answers + buffer.maxBytes + keptBytesMax + producerBytes;
}
