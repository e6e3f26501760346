/** A result as lines of cells, and cells as text: aligned for a terminal, with bars for Markdown. */
import { short, whole } from './figures.ts';
import { baseOf, type Result, type Row, type Summary, summary } from './result.ts';

export type Cells = readonly (readonly string[])[];

/** The first line is of titles, the first column of names. */
export function cellsOf(result: Pick<Result, 'rows'>): Cells {
  const rows = result.rows.filter(({ failure }) => failure === null);
  return rows.some((row) => summary(row).latency !== null) ? latencyCells(rows) : rateCells(rows);
}

function rateCells(rows: readonly Row[]): Cells {
  const summaries = rows.map((row) => ({ row, ...summary(row) }));
  const anyAgain = summaries.some(({ again }) => again > 0);
  return [
    ['', 'records', 'records/s', 'low–high', 'ratio', 'CPU s per million', 'peak RSS', ...(anyAgain ? ['again'] : [])],
    ...summaries.map(({ row, perSecond, lowPerSecond, highPerSecond, cpuSecondsPerMillion, maxRssMiB, again }) => [
      row.label,
      whole(row.records),
      whole(perSecond),
      `${whole(lowPerSecond)}–${whole(highPerSecond)}`,
      ratio(row, rows, (of) => of.perSecond),
      short(cpuSecondsPerMillion),
      mebibytes(maxRssMiB),
      ...(anyAgain ? [whole(again)] : []),
    ]),
  ];
}

function latencyCells(rows: readonly Row[]): Cells {
  const summaries = rows.map((row) => ({ row, ...summary(row) }));
  return [
    ['', 'records', 'p50', 'low–high', 'ratio', 'p99', 'low–high', 'CPU s per million', 'peak RSS'],
    ...summaries.map(({ row, latency, cpuSecondsPerMillion, maxRssMiB }) => [
      row.label,
      whole(row.records),
      milliseconds(latency!.p50Ms),
      span(row.runs.map((run) => run.latency!.p50Ms)),
      ratio(row, rows, (of) => of.latency!.p50Ms),
      milliseconds(latency!.p99Ms),
      span(row.runs.map((run) => run.latency!.p99Ms)),
      short(cpuSecondsPerMillion),
      mebibytes(maxRssMiB),
    ]),
  ];
}

/** One line for each contender that has no figures. */
export function failures({ rows }: Pick<Result, 'rows'>): readonly string[] {
  return rows.flatMap(({ label, failure }) => (failure === null ? [] : [`${label} failed: ${failure}`]));
}

export function aligned(cells: Cells): string {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map((line) =>
      line
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function markdown([titles, ...lines]: Cells): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = `|${titles!.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`;
  return [row(titles!), rule, ...lines.map(row)].join('\n');
}

function ratio(row: Row, rows: readonly Row[], figure: (of: Summary) => number): string {
  const base = baseOf(row, rows);
  return base === undefined ? '–' : `${(figure(summary(row)) / figure(summary(base))).toFixed(2)} ×`;
}

function mebibytes(value: number): string {
  return Number.isNaN(value) ? '–' : `${whole(value)} MiB`;
}

function milliseconds(value: number): string {
  return `${value.toFixed(2)} ms`;
}

function span(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;
}
