/**
 * The record sets that threads have and have not answered: their bytes count against `buffer.maxBytes`, and their
 * progress memory may still be written. Both end when the set is given back, which happens once: when its thread
 * answers it or is gone. A partition that was given up leaves its sets here until then.
 */
import type { Progress } from '../core/progress.ts';
import type { RecordSet } from '../core/record-set.ts';
import type { Flow } from './flow.ts';
import type { ThreadSlot } from './thread-slot.ts';

export interface Task {
  readonly set: RecordSet;
  readonly flow: Flow;
}

export class Tasks {
  readonly #release: (progress: Progress) => void;
  readonly #tasks = new Map<number, Task>();
  readonly #bytesOf = new Map<string, number>();
  #totalBytes = 0;

  /** @param release gets the progress memory of a set that no thread writes any more */
  constructor(release: (progress: Progress) => void) {
    this.#release = release;
  }

  add(set: RecordSet, flow: Flow): void {
    this.#tasks.set(set.id, { set, flow });
    this.#count(flow.key, set.byteLength);
  }

  get(id: number): Task | null {
    return this.#tasks.get(id) ?? null;
  }

  /** @returns null when it was given back before */
  giveBack(id: number): Task | null {
    const task = this.get(id);
    if (task === null) return null;
    this.#tasks.delete(id);
    this.#count(task.flow.key, -task.set.byteLength);
    this.#release(task.set.progress);
    return task;
  }

  /** All that a thread has, or all there are. The threads are gone. */
  giveBackAll(slot?: ThreadSlot): void {
    for (const [id, { flow }] of this.#tasks) if (slot === undefined || flow.slot === slot) this.giveBack(id);
  }

  isBusy(slot: ThreadSlot): boolean {
    for (const { flow } of this.#tasks.values()) if (flow.slot === slot) return true;
    return false;
  }

  has(flow: Flow): boolean {
    for (const task of this.#tasks.values()) if (task.flow === flow) return true;
    return false;
  }

  /** Bytes of one partition, by its key, over all its epochs. */
  bytesOf(partition: string): number {
    return this.#bytesOf.get(partition) ?? 0;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  #count(partition: string, bytes: number): void {
    const own = this.bytesOf(partition) + bytes;
    if (own > 0) this.#bytesOf.set(partition, own);
    else this.#bytesOf.delete(partition);
    this.#totalBytes += bytes;
  }
}
