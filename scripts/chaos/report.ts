/** What a campaign looks like, as text: tables at its end. */
import { styleText } from 'node:util';
import type { CampaignResult } from './campaign.ts';
import { kindOf } from './deck.ts';
import { seconds, type Verdict } from './verdict.ts';

export function report({ results, history, seconds: took }: CampaignResult, verdict: Verdict, colors: boolean): string {
  const paint = (style: 'bold' | 'green' | 'red', text: string): string =>
    colors ? styleText(style, text, { validateStream: false }) : text;
  const { records, deadLetters } = history;
  const processes = new Set(history.calls.map(({ pid }) => pid)).size;
  const kindRows = verdict.kinds.map(({ kind, count, medianMs, maxMs, duplicates }) => [
    ...[kind, String(count), seconds(medianMs), seconds(maxMs)],
    ...[String(duplicates), kindOf(kind).costs],
  ]);
  const total = verdict.kinds.reduce((sum, { duplicates }) => sum + duplicates, 0);
  const lines = verdict.lines.flatMap(({ promise, found, wanted, holds, details }) => [
    { cells: [holds ? 'ok' : 'BROKEN', promise, found, wanted], details },
  ]);
  const verdictRows = aligned([['', 'promise', 'found', 'wanted'], ...lines.map(({ cells }) => cells)], 'llrl');
  return [
    paint('bold', `${results.length} faults in ${Math.round(took)} s`),
    `${records.length} records, ${deadLetters.length} dead letters, ${processes} processes`,
    '',
    ...aligned(
      [
        ['fault', 'count', 'median', 'longest', 'duplicates', 'may cost'],
        ...kindRows,
        ['all', String(results.length), '', '', String(total), ''],
      ],
      'lrrrrl',
    ),
    '',
    verdictRows[0],
    ...lines.flatMap(({ details }, i) => [
      paint(verdict.lines[i]!.holds ? 'green' : 'red', verdictRows[i + 1]!),
      ...details.map((detail) => `        ${detail}`),
    ]),
  ].join('\n');
}

/** @param sides `l` or `r` for each column */
export function aligned(rows: readonly (readonly string[])[], sides: string): readonly string[] {
  const widths = [...sides].map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (sides[column] === 'l' ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}
