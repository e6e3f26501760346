/** The functions of one thread that took longest, as text. */
import type { SelfTime } from './self-times.ts';

const lines = 14;

/** @param times longest first */
export function profileTable(thread: string, times: readonly SelfTime[]): string {
  const total = sum(times);
  const working = times.filter(({ name }) => name !== '(idle)');
  const busy = sum(working);
  const shown = working.slice(0, lines);
  const row = (milliseconds: number, text: string): string =>
    `${milliseconds.toFixed(0).padStart(8)} ms ${percent(milliseconds, busy).padStart(6)}  ${text}`;
  return [
    `${thread}: busy ${percent(busy, total)} of ${(total / 1000).toFixed(2)} s`,
    ...shown.map(({ name, place, milliseconds }) => row(milliseconds, place === '' ? name : `${name}  ${place}`)),
    row(busy - sum(shown), `${working.length - shown.length} others`),
  ].join('\n');
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

function sum(times: readonly SelfTime[]): number {
  return times.reduce((total, { milliseconds }) => total + milliseconds, 0);
}
