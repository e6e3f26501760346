/** What the demo looks like, as text: the live picture, its one-line form for logs, and the summary at the end. */
import { styleText } from 'node:util';
import type { OrderStatistics } from '../../handlers/order-store.ts';
import type { Board, Incident, Row } from './board.ts';

export interface Frame {
  readonly board: Board;
  /** `embedded broker at 127.0.0.1:41234`. */
  readonly source: string;
  readonly httpUrl: string | null;
  readonly state: string;
  readonly elapsedMs: number;
  readonly ordersPublished: number;
  readonly ratePerSecond: number;
}

export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly colors: boolean;
}

export function picture(frame: Frame, { columns, rows, colors }: Canvas): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colors ? styleText(style, text, { validateStream: false }) : text;
  const lines = [
    paint('bold', `orders through ${frame.source}`),
    paint('dim', `metrics ${frame.httpUrl ?? 'not yet'}/metrics   Ctrl-C drains and ends`),
    '',
    `${clock(frame.elapsedMs)}  ${frame.state}   orders written ${number(frame.ordersPublished)}   handled ${number(frame.ratePerSecond)}/s`,
    '',
    ...table(frame.board.rows()).map((line, index) => (index === 0 ? paint('dim', line) : line)),
    '',
    paint('dim', 'latest incidents'),
    ...frame.board.incidents().map((incident) => paint(colorOf(incident), incidentLine(incident))),
  ];
  // A picture that is taller than the screen would scroll; the oldest incidents go first.
  return lines
    .slice(0, rows - 1)
    .map((line) => cut(line, columns))
    .join('\n');
}

export function plainLine(frame: Frame): string {
  const { handled, retried, deadLettered } = frame.board.total();
  return (
    `${clock(frame.elapsedMs)} ${frame.state}: ${number(frame.ordersPublished)} orders written, ${number(handled)} records handled ` +
    `(${number(frame.ratePerSecond)}/s), ${retried} retried, ${deadLettered} dead-lettered`
  );
}

export function incidentLine({ at, kind, text }: Incident): string {
  return `${new Date(at).toISOString().slice(11, 19)} ${kind.padEnd(12)} ${text}`;
}

export function summary(frame: Frame, statistics: OrderStatistics, auditEntries: number): string {
  const { orders, revenue, shipped } = statistics;
  return [
    `summary after ${clock(frame.elapsedMs)}`,
    '',
    ...table(frame.board.rows()),
    '',
    `what the projection says: ${number(orders)} orders, revenue ${revenue.toFixed(2)}, ${number(shipped)} shipped`,
    `what the audit log says:  ${number(auditEntries)} events`,
  ].join('\n');
}

function table(rows: readonly Row[]): readonly string[] {
  const cells = [
    ['group', 'event', 'handled', 'retried', 'dead letters'],
    ...rows.map((row) => [row.group, row.type, number(row.handled), number(row.retried), number(row.deadLettered)]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells.map((line) =>
    line.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  '),
  );
}

function colorOf({ kind }: Incident): 'yellow' | 'red' {
  return kind === 'retried' ? 'yellow' : 'red';
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** By what is seen: escape sequences take no room. */
function cut(line: string, columns: number): string {
  let seen = 0;
  return line.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
    /(\u001b\[[0-9;]*m)|[^\u001b]/g,
    (part, style: string | undefined) => (style !== undefined || seen++ < columns ? part : ''),
  );
}
