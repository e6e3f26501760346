/**
 * Whether memory stays flat: samples of the process's RSS over a run, held against the run's own beginning.
 *
 *   RSS  │    ╭──╮_╭─╮__╭──    warm-up: code is compiled, heaps and WebAssembly memories find their size
 *        │ ╭──╯                flat: the highest sample after it is at most `growthBytesMax` above the highest in it
 *        └─────┬──────────
 *         warm-up (a quarter)
 */

/**
 * What V8 may leave uncollected in the thread that fuzzes: its heap is limited to `heapMiB`, and swings between half of
 * that and all of it. A leak of 300 bytes per input is over it within 250,000 inputs.
 */
export const growthBytesMax = 64 * 1024 * 1024;
/** Heap of the fuzzing thread. */
export const heapMiB = 128;

const warmUpShare = 0.25;

export interface MemorySample {
  /** Inputs that were done by then. */
  readonly done: number;
  readonly rssBytes: number;
}

export interface MemoryVerdict {
  readonly startBytes: number;
  readonly endBytes: number;
  /** Highest after the warm-up minus highest in it; may be negative. */
  readonly growthBytes: number;
  readonly flat: boolean;
}

/** @param samples in order, at least one @param inputs of the whole run */
export function judgeMemory(samples: readonly MemorySample[], inputs: number): MemoryVerdict {
  const warm = samples.filter(({ done }) => done <= inputs * warmUpShare);
  const after = samples.filter(({ done }) => done > inputs * warmUpShare);
  const base = highest(warm.length > 0 ? warm : samples.slice(0, 1));
  const growthBytes = after.length > 0 ? highest(after) - base : 0;
  return {
    startBytes: samples[0]!.rssBytes,
    endBytes: samples.at(-1)!.rssBytes,
    growthBytes,
    flat: growthBytes <= growthBytesMax,
  };
}

function highest(samples: readonly MemorySample[]): number {
  return samples.reduce((most, { rssBytes }) => Math.max(most, rssBytes), 0);
}
