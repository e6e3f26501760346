/** The file in which handlers write down what they do, followed while it grows. */
import { closeSync, openSync, readSync } from 'node:fs';
import { type CallLine, isCall, parseLines, type ThreadLine } from './history.ts';

export class Recording {
  readonly #file: number;
  readonly #chunk = Buffer.alloc(1024 * 1024);
  readonly #calls: CallLine[] = [];
  readonly #threads: ThreadLine[] = [];
  /** Places of records with a call that ended well. */
  readonly #done = new Set<string>();
  /** Told of each call as it is read. */
  readonly #listeners: ((call: CallLine) => void)[] = [];
  /** Of a line that was not there to its end yet. */
  #rest = '';

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** All so far, in the order in which they happened. */
  calls(): readonly CallLine[] {
    this.follow();
    return this.#calls;
  }

  /** What was said about threads so far. */
  threads(): readonly ThreadLine[] {
    this.follow();
    return this.#threads;
  }

  /** Records that were handled, each counted once. */
  handled(): number {
    this.follow();
    return this.#done.size;
  }

  listen(listener: (call: CallLine) => void): void {
    this.#listeners.push(listener);
  }

  /** Reads what has come since the last time. */
  follow(): void {
    for (let length = this.#read(); length > 0; length = this.#read()) {
      const text = this.#rest + this.#chunk.toString('utf8', 0, length);
      const end = text.lastIndexOf('\n') + 1;
      this.#rest = text.slice(end);
      for (const line of parseLines(text.slice(0, end))) {
        if (isCall(line)) this.#add(line);
        else this.#threads.push(line);
      }
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #add(call: CallLine): void {
    this.#calls.push(call);
    if (call.kind === 'end' && call.outcome === 'done')
      this.#done.add(`${call.topic}/${call.partition}/${call.offset}`);
    for (const listener of this.#listeners) listener(call);
  }

  /** From where the last read ended. Lines are ASCII, so no character is cut in two. */
  #read(): number {
    return readSync(this.#file, this.#chunk, 0, this.#chunk.length, null);
  }
}
