/**
 * Keeps the number of series bounded. Event types come from record headers and error names from handlers, so anybody
 * who may write to the topic could otherwise make a new series with every record.
 */

/** Enough for the event types of one service; what comes later is counted under `other`. */
const distinctMax = 50;
const lengthMax = 120;

export class LabelLimit {
  readonly #known = new Set<string>();

  /** @returns the value itself, cut, while there are few different ones; `other` afterwards */
  take(value: string | null): string {
    if (value === null || value === '') return 'none';
    const label = value.slice(0, lengthMax);
    if (this.#known.has(label)) return label;
    if (this.#known.size >= distinctMax) return 'other';
    this.#known.add(label);
    return label;
  }
}
