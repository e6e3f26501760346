/**
 * A file of JSON lines, appended to at every change. It is rewritten in its shortest form when it is opened, and
 * whenever it has grown to a multiple of that: commits of offsets never end, and each replaces the one before.
 */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';

/** A journal below this size is not worth rewriting; above it, twice its shortest form is. */
const rewriteBytesMin = 16 * 1024 * 1024;

export class Journal<Entry> {
  /** What the file said when it was opened, in its shortest form. */
  readonly opened: readonly Entry[];
  readonly #path: string;
  readonly #compact: (entries: readonly Entry[]) => readonly Entry[];
  #file: number;
  #length = 0;
  #rewriteAt = 0;

  /** @throws what the file system throws */
  constructor(path: string, compact: (entries: readonly Entry[]) => readonly Entry[]) {
    this.#path = path;
    this.#compact = compact;
    this.opened = this.#rewrite();
    this.#file = openSync(path, 'a');
  }

  #rewrite(): readonly Entry[] {
    const entries = this.#compact(readLines<Entry>(this.#path));
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    // Written beside and moved into place: a crash leaves either the old file or the new one.
    writeFileSync(`${this.#path}.new`, text);
    renameSync(`${this.#path}.new`, this.#path);
    this.#length = Buffer.byteLength(text);
    this.#rewriteAt = Math.max(this.#length * 2, rewriteBytesMin);
    return entries;
  }

  /** @throws what the file system throws; the entry is then not there */
  append(entry: Entry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    try {
      writeWhole(this.#file, line);
      this.#length += line.length;
    } catch (error) {
      ftruncateSync(this.#file, this.#length);
      throw error;
    }
    if (this.#length > this.#rewriteAt) this.#shorten();
  }

  #shorten(): void {
    try {
      this.#rewrite();
    } catch {
      // No room for a second file: the long one is as good, and gets another try when it has doubled.
      this.#rewriteAt = this.#length * 2;
      return;
    }
    closeSync(this.#file);
    this.#file = openSync(this.#path, 'a');
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** A write may take only a part, when the disk is almost full; the rest is tried again and then fails. */
export function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
}

/** Lines up to the first that is cut or damaged: what follows it was never acknowledged as a whole. */
function readLines<Entry>(path: string): readonly Entry[] {
  if (!existsSync(path)) return [];
  const entries: Entry[] = [];
  const lines = readFileSync(path, 'utf8').split('\n');
  for (const line of lines.slice(0, -1)) {
    try {
      entries.push(JSON.parse(line) as Entry);
    } catch {
      break;
    }
  }
  return entries;
}
