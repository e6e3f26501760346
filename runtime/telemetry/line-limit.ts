/**
 * Keeps a storm of one kind of line from drowning the others and from costing more than the work itself: 10,000
 * failing records a second give at most 100 lines a second.
 *
 *   second   ├──────── 1 ────────┤├──────── 2 ──
 *   lines    1 2 … 100 · · · · ·   "900 more" 1 2 …
 */
import type { Clock } from '../core/clock.ts';

export const linesPerSecondMax = 100;
const windowMs = 1000;

interface Window {
  startedAt: number;
  lines: number;
}

export class LineLimit {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Asks for one line. Kinds are few: names of events.
   * @returns null when the line is to be left out, else how many of its kind were left out before it
   */
  take(kind: string): number | null {
    const now = this.#clock.now();
    let window = this.#windows.get(kind);
    let leftOut = 0;
    if (window === undefined || now - window.startedAt >= windowMs) {
      leftOut = Math.max(0, (window?.lines ?? 0) - linesPerSecondMax);
      window = { startedAt: now, lines: 0 };
      this.#windows.set(kind, window);
    }
    window.lines++;
    return window.lines > linesPerSecondMax ? null : leftOut;
  }
}
