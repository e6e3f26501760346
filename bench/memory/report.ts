/** The results as text: one block per scenario, memory over time as a line of bars under the bound. */
import type { Measured } from './run-scenario.ts';

const bars = '▁▂▃▄▅▆▇█';
const sparkWidth = 60;

export function resultText(measured: Measured): string {
  const { name, what, seconds, progress, boundBytes, rssBytes, peakBytes, growthBytes, passed } = measured;
  const verdict = passed ? 'within the bound' : progress < 1 ? 'not finished' : 'OVER';
  return [
    `${name.padEnd(13)} ${what}`,
    `              ${sparkline(rssBytes, boundBytes)}`,
    `              bound ${mib(boundBytes)}   peak ${mib(peakBytes)}   second half ${growthBytes < 0 ? '-' : '+'}${mib(Math.abs(growthBytes))}   ${seconds.toFixed(0).padStart(4)} s   ${(progress * 100).toFixed(0)} %   ${verdict}`,
  ].join('\n');
}

/** As high as its column's highest sample; a full bar is the bound. */
export function sparkline(samples: readonly number[], bound: number): string {
  const width = Math.min(sparkWidth, samples.length);
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * samples.length) / width);
    const to = Math.max(from + 1, Math.floor(((column + 1) * samples.length) / width));
    const share = Math.max(...samples.slice(from, to)) / bound;
    return share > 1 ? '!' : bars[Math.min(bars.length - 1, Math.floor(share * bars.length))];
  }).join('');
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0).padStart(4)} MiB`;
}
