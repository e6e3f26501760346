/**
 * Events as rows, aligned: place, time, type, data. Columns are as wide as the first rows want them, so that nothing has
 * to be kept in memory but those.
 */
import type { ReadEvent } from '../replay/read-events.ts';

const head = ['PLACE', 'TIME', 'TYPE', 'DATA'];
const measured = 50; // rows that say how wide the columns are

export class EventTable {
  readonly #width: number | null;
  #rows: string[][] | null = [head];
  #widths: readonly number[] = [];

  /** @param width characters of the last column; null: all of it */
  constructor(width: number | null) {
    this.#width = width;
  }

  /** @returns what is to be printed now; may be nothing yet */
  add(event: ReadEvent): string {
    const row = this.#rowOf(event);
    if (this.#rows === null) return line(row, this.#widths);
    this.#rows.push(row);
    return this.#rows.length > measured ? this.#flush(this.#rows) : '';
  }

  /** @returns the rest */
  end(): string {
    return this.#rows === null || this.#rows.length === 1 ? '' : this.#flush(this.#rows);
  }

  #flush(rows: readonly string[][]): string {
    this.#rows = null;
    this.#widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    return rows.map((row) => line(row, this.#widths)).join('');
  }

  #rowOf({ topic, partition, offset, timestamp, type, data, tombstone, value }: ReadEvent): string[] {
    const text = data === undefined ? `(${value?.length ?? 0} bytes, no JSON)` : JSON.stringify(data);
    const shown = tombstone ? '(tombstone)' : text;
    const cut = this.#width !== null && shown.length > this.#width ? `${shown.slice(0, this.#width - 1)}…` : shown;
    return [`${topic}/${partition}@${offset}`, timestamp.toISOString(), printable(type), cut];
  }
}

function line(row: readonly string[], widths: readonly number[]): string {
  return `${row.map((cell, column) => cell.padEnd(column === row.length - 1 ? 0 : widths[column]!)).join('  ')}\n`;
}

/** A type may hold anything; a terminal must not obey it. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '?').slice(0, 80);
}
