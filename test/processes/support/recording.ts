/** The file in which handlers write their calls down, followed while it grows. */
import { closeSync, openSync, readSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { type CallLine, parseCalls } from '../../support/history.ts';

export class Recording {
  readonly #file: number;
  readonly #chunk = Buffer.alloc(1024 * 1024);
  readonly #calls: CallLine[] = [];
  /** Places of records with a call that ended well. */
  readonly #done = new Set<string>();
  /** Of a line that was not there to its end yet. */
  #rest = '';

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    onTestFinished(() => closeSync(this.#file));
  }

  /** All so far, in the order in which they happened. */
  calls(): readonly CallLine[] {
    this.#follow();
    return this.#calls;
  }

  /** Records that were handled, each counted once. */
  handled(): number {
    this.#follow();
    return this.#done.size;
  }

  #follow(): void {
    for (let length = this.#read(); length > 0; length = this.#read()) {
      const text = this.#rest + this.#chunk.toString('utf8', 0, length);
      const end = text.lastIndexOf('\n') + 1;
      this.#rest = text.slice(end);
      for (const call of parseCalls(text.slice(0, end))) this.#add(call);
    }
  }

  #add(call: CallLine): void {
    this.#calls.push(call);
    if (call.kind === 'end' && call.outcome === 'done')
      this.#done.add(`${call.topic}/${call.partition}/${call.offset}`);
  }

  /** From where the last read ended. Lines are ASCII, so no character is cut in two. */
  #read(): number {
    return readSync(this.#file, this.#chunk, 0, this.#chunk.length, null);
  }
}
