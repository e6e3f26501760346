/** The record batches of one partition in one file, byte for byte as they go over the wire. Append only. */
import { closeSync, ftruncateSync, openSync, readFileSync, rmSync } from 'node:fs';
import { ProtocolError } from '../../protocol/reader.ts';
import { type BatchHeader, readBatchHeader } from '../../protocol/records/batch-header.ts';
import { checkCrc } from '../../protocol/records/crc32c.ts';
import type { LogStore } from '../log/partition-log.ts';
import { writeWhole } from './journal.ts';

export class SegmentFile implements LogStore {
  readonly #path: string;
  readonly #file: number;
  #length = 0;

  /** Call `recover` before the first append. @throws what the file system throws */
  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a+');
  }

  append(batch: Buffer): void {
    try {
      writeWhole(this.#file, batch);
      this.#length += batch.length;
    } catch (error) {
      ftruncateSync(this.#file, this.#length);
      throw error;
    }
  }

  /**
   * Batches in the file, up to the first that is cut, damaged or out of order; the file is cut there.
   * @returns views of what was read
   */
  *recover(): Generator<Buffer> {
    const bytes = readFileSync(this.#path);
    let nextOffset = -1;
    for (let header = wholeBatch(bytes, 0); header !== null; header = wholeBatch(bytes, this.#length)) {
      if (nextOffset !== -1 && header.baseOffset !== nextOffset) break;
      nextOffset = header.lastOffset + 1;
      const start = this.#length;
      this.#length += header.length;
      yield bytes.subarray(start, this.#length);
    }
    ftruncateSync(this.#file, this.#length);
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Closes the file and deletes it. */
  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }
}

/** @returns null at the end, and for bytes that a crash left half written */
function wholeBatch(bytes: Buffer, at: number): BatchHeader | null {
  try {
    const header = readBatchHeader(bytes, at);
    if (header !== null) checkCrc(bytes, at, header);
    return header;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
