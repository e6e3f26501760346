/**
 * Finds which tests show which row: a test file says so in its first comment (`// Rows S-42, S-60..S-62.` or in a sentence),
 * a test in its title or in the comment above it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Shown {
  /** Below the repository's root. */
  readonly file: string;
  /** Null: the file as a whole. */
  readonly title: string | null;
}

const rowId = /\b([SP])-(\d{2,3})(?:\.\.(?:[SP]-)?(\d{2,3}))?/g;
const titleCall = /\b(?:test|it|describe)[\w.]*(?:\([^'"`]*\))?\(\s*(['"`])(.*?)\1/;

/** @returns by row id, in the order of files and lines */
export function findTests(root: string): ReadonlyMap<string, readonly Shown[]> {
  const found = new Map<string, Shown[]>();
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
  for (const name of files.filter((one) => one.endsWith('.test.ts')).toSorted()) {
    const file = `test/${name}`;
    for (const { id, title } of rowsIn(readFileSync(join(root, file), 'utf8'))) {
      const shown = found.get(id) ?? [];
      if (!shown.some((one) => one.file === file && one.title === title)) found.set(id, [...shown, { file, title }]);
    }
  }
  return found;
}

export function rowsIn(source: string): readonly { readonly id: string; readonly title: string | null }[] {
  const lines = source.split('\n');
  const head = lines.findIndex((line) => !/^(\/\/|\/\*\*| \*)/.test(line));
  return lines.flatMap((line, nr) => idsIn(line).map((id) => ({ id, title: nr < head ? null : titleAt(lines, nr) })));
}

/** Ranges are written out. */
function idsIn(line: string): readonly string[] {
  return [...line.matchAll(rowId)].flatMap(([, letter, first, last]) => {
    const count = last === undefined ? 1 : Number(last) - Number(first) + 1;
    return Array.from({ length: count }, (_, n) => `${letter}-${String(Number(first) + n).padStart(2, '0')}`);
  });
}

/** The text that has the id, or the title that follows its comment; null when neither is there. */
function titleAt(lines: readonly string[], nr: number): string | null {
  if (!lines[nr]!.trimStart().startsWith('//'))
    return /(['"`])((?:(?!\1).)*\b[SP]-\d{2,3}.*?)\1/.exec(lines[nr]!)?.[2] ?? null;
  for (const line of lines.slice(nr)) {
    const title = titleCall.exec(line)?.[2];
    if (title !== undefined) return title;
  }
  return null;
}
