/** The functions of one thread that took longest, as text. */
import type { SelfTime } from './self-times.ts';

const lines = 14;
const idle = '(idle)';

/** @param times longest first */
export function profileTable(thread: string, times: readonly SelfTime[]): string {
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const busy = times.reduce((sum, { name, milliseconds }) => sum + (name === idle ? 0 : milliseconds), 0);
  const shown = times.filter(({ name }) => name !== idle).slice(0, lines);
  const rest = busy - shown.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const row = (milliseconds: number, text: string): string =>
    `${milliseconds.toFixed(0).padStart(8)} ms ${percent(milliseconds, busy).padStart(6)}  ${text}`;
  return [
    `${thread}: busy ${percent(busy, total)} of ${(total / 1000).toFixed(2)} s`,
    ...shown.map(({ name, place, milliseconds }) => row(milliseconds, place === '' ? name : `${name}  ${place}`)),
    row(rest, `${Math.max(0, times.length - shown.length)} others`),
  ].join('\n');
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}
