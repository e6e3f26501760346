/** What a run looks like: the progress bar on a terminal, the table and the findings at the end. */
import type { SavedFinding } from './finding.ts';
import { growthBytesMax } from './memory.ts';
import type { RunProgress, RunResult } from './watched-run.ts';

const barWidth = 24;
const linesOfStack = 6;

export function progressLine({ target, inputs, done, rssBytes, findings }: RunProgress, seconds: number): string {
  const filled = Math.floor((done / inputs) * barWidth);
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled);
  const found = findings === 0 ? '' : `  ${findings} found`;
  return `${target.padEnd(9)} ${bar} ${number(done)}/${number(inputs)}  ${seconds.toFixed(0)} s  RSS ${mib(rssBytes)} MiB${found}`;
}

export function table(results: readonly RunResult[]): string {
  const cells = [
    ['target', 'inputs', 'accepted', 'seconds', 'inputs/s', 'slowest', 'RSS start', 'RSS end', 'growth', 'findings'],
    ...results.map(({ target, inputs, accepted, seconds, slowest, memory, findings }) => [
      target,
      number(inputs),
      `${((accepted / Math.max(1, inputs)) * 100).toFixed(1)} %`,
      seconds.toFixed(1),
      number(Math.round(inputs / seconds)),
      `${slowest.ms.toFixed(0)} ms`,
      `${mib(memory.startBytes)} MiB`,
      `${mib(memory.endBytes)} MiB`,
      `${mib(memory.growthBytes)} MiB`,
      number(findings.length),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map((line) => line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
    .join('\n');
}

export function findingText({ target, index, what, command }: SavedFinding): string {
  const stack = what.split('\n').slice(0, linesOfStack).join('\n  ');
  return `${target}, input ${index}:\n  ${stack}\n  run it again: ${command}`;
}

/** @returns null when memory stayed flat in all of them */
export function memoryText(results: readonly RunResult[]): string | null {
  const grown = results.filter(({ memory }) => !memory.flat).map(({ target }) => target);
  if (grown.length === 0) return null;
  return `memory is not flat: after the warm-up RSS rose by more than ${mib(growthBytesMax)} MiB (what V8 may leave uncollected) in ${grown.join(', ')}`;
}

export function passed(results: readonly RunResult[]): boolean {
  return results.every(({ findings, memory }) => findings.length === 0 && memory.flat);
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
