/**
 * What the watcher of a fuzzing thread sees of it, in shared memory: a thread that hangs cannot send a message.
 *
 *   Int32[0]  the input that runs now
 *   Int32[1]  inputs that are done
 *   Int32[2]  of these accepted, not refused
 */
const words = 3;
const current = 0;
const done = 1;
const accepted = 2;

export class Pulse {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4 * words)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  begin(index: number): void {
    Atomics.store(this.#words, current, index);
  }

  end(wasAccepted: boolean): void {
    Atomics.add(this.#words, done, 1);
    if (wasAccepted) Atomics.add(this.#words, accepted, 1);
  }

  read(): { readonly current: number; readonly done: number; readonly accepted: number } {
    const word = (at: number): number => Atomics.load(this.#words, at);
    return { current: word(current), done: word(done), accepted: word(accepted) };
  }
}
