/**
 * One line on a terminal that says how far something is: `[#####     ]  52 %  52,000 of 100,000  8,400/s  6 s left`. It is
 * drawn over itself, in place, and leaves nothing when it is cleared.
 */
import type { Clock } from '../core/clock.ts';

export interface ProgressBar {
  show(done: number, total: number): void;
  clear(): void;
}

const width = 24;
const eraseLine = '\r\u001b[K';

/** @param write to the terminal */
export function createProgressBar(write: (text: string) => void, clock: Clock): ProgressBar {
  let startedAt: number | null = null;
  let startedWith = 0;
  return {
    show(done, total) {
      if (startedAt === null) {
        startedAt = clock.now();
        startedWith = done;
      }
      const seconds = (clock.now() - startedAt) / 1000;
      write(eraseLine + progressLine(done, total, seconds > 0 ? (done - startedWith) / seconds : 0));
    },
    clear: () => write(eraseLine),
  };
}

/** @param perSecond 0 where it is not known */
export function progressLine(done: number, total: number, perSecond: number): string {
  const share = total === 0 ? 1 : done / total;
  const filled = Math.floor(share * width);
  const parts = [
    `[${'#'.repeat(filled)}${' '.repeat(width - filled)}]`,
    `${String(Math.floor(share * 100)).padStart(3)} %`,
    `${count(done)} of ${count(total)}`,
  ];
  if (perSecond > 0) parts.push(`${count(Math.round(perSecond))}/s`, `${left((total - done) / perSecond)} left`);
  return parts.join('  ');
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

function left(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
