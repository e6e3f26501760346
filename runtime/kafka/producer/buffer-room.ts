/** Bounds the bytes that wait to be written: who finds no room waits, first come, first served. */
export class BufferRoom {
  readonly #limit: number;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  #used = 0;

  /** @param limit bytes; something larger than all of it enters alone */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** Resolves at once while there is room: null then, so that the caller need not wait a turn. */
  enter(bytes: number): Promise<void> | null {
    if (this.#waiting.length === 0 && this.#fits(bytes)) {
      this.#used += bytes;
      return null;
    }
    return new Promise((resolve) => this.#waiting.push({ bytes, enter: resolve }));
  }

  leave(bytes: number): void {
    this.#used -= bytes;
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.enter();
    }
  }

  /** Lets everybody in: the producer is closed, and they are to be told. */
  open(): void {
    for (const { bytes, enter } of this.#waiting.splice(0)) {
      this.#used += bytes;
      enter();
    }
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#limit;
  }
}
