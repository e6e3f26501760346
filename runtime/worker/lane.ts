/**
 * Queues whose entries are linked through their own `next`: an entry waits in one queue at a time, and waiting costs no
 * memory.
 *
 * A lane is the ordered queue of one key inside a partition. It exists only while the key has unfinished work.
 *
 *   holder ──▶ first ──▶ next ──▶ last       the holder is being handled, or waits for its retry or its dead letter
 */
export interface Linked<T> {
  next: T | null;
}

export class LinkedQueue<T extends Linked<T>> {
  #first: T | null = null;
  #last: T | null = null;

  get empty(): boolean {
    return this.#first === null;
  }

  append(entry: T): void {
    if (this.#last === null) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
  }

  /** Takes the first one off; null when there is none. */
  shift(): T | null {
    const first = this.#first;
    if (first === null) return null;
    this.#first = first.next;
    if (this.#first === null) this.#last = null;
    first.next = null;
    return first;
  }

  clear(): void {
    this.#first = null;
    this.#last = null;
  }
}

export class Lane<T extends Linked<T>> extends LinkedQueue<T> {
  readonly key: string;

  constructor(key: string) {
    super();
    this.key = key;
  }
}
