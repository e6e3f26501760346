/**
 * Tells the main thread whether a handler thread's event loop still turns. The thread raises a counter from a timer; a
 * handler that never returns (`while (true) {}`) stops the timer too, whether it blocks at once or after an await.
 */

const tickWord = 0;
const setWord = 1;

export class ThreadPulse {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** By the thread: the loop has turned. */
  beat(): void {
    Atomics.add(this.#words, tickWord, 1);
  }

  /** By the thread: id of the record set whose handler is on the stack, 0 for none. */
  setRunning(recordSet: number): void {
    Atomics.store(this.#words, setWord, recordSet);
  }

  /** By the main thread. */
  read(): { readonly tick: number; readonly recordSet: number } {
    return { tick: Atomics.load(this.#words, tickWord), recordSet: Atomics.load(this.#words, setWord) };
  }
}
