/**
 * Keeps the newest of the records that pass by, as many as fit into a number of bytes.
 *
 *   offsets   10   11   12   13   14   15
 *   kept       ─    ─    ─   ✓    ✓    ✓       oldest kept = 13; one record is kept whatever its size
 */
import type { StoredRecord } from '../kafka/stored-records.ts';

/** What a record takes beside its bytes. */
const overheadBytes = 128;

export class NewestRecords {
  readonly #maxBytes: number;
  #records: StoredRecord[] = [];
  /** Records at the front of the list that are given up already: taking them out one by one would cost too much. */
  #gone = 0;
  #bytes = 0;
  /** Whether any that passed by are not kept. */
  incomplete: boolean = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get count(): number {
    return this.#records.length - this.#gone;
  }

  get oldest(): StoredRecord | undefined {
    return this.#records[this.#gone];
  }

  /** In ascending order of offsets. */
  push(record: StoredRecord): void {
    this.#records.push(record);
    this.#bytes += sizeOf(record);
    while (this.#bytes > this.#maxBytes && this.count > 1) {
      this.#bytes -= sizeOf(this.#records[this.#gone++]!);
      this.incomplete = true;
    }
    if (this.#gone <= this.count) return;
    this.#records = this.#records.slice(this.#gone);
    this.#gone = 0;
  }

  *backward(): Generator<StoredRecord> {
    for (let i = this.#records.length - 1; i >= this.#gone; i--) yield this.#records[i]!;
  }
}

function sizeOf({ key, value, headers }: StoredRecord): number {
  let bytes = overheadBytes + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of headers) bytes += name.length + (text?.length ?? 0);
  return bytes;
}
