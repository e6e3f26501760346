// `docs/spec-rows.md` says which test shows a row of the specification: as the tests themselves say it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findTests, rowsIn } from '../../../scripts/spec-rows/find-tests.ts';
import { rows } from '../../../scripts/spec-rows/rows.ts';
import { specRows } from '../../../scripts/spec-rows/table.ts';

const root = join(import.meta.dirname, '../../..');
/** Written in parts, so that this file shows no row itself. */
const row = (number: string): string => `S${'-'}${number}`;

test('the page is what the tests say; `npm run docs:rows` writes it', () => {
  expect(readFileSync(join(root, 'docs/spec-rows.md'), 'utf8')).toBe(specRows(root));
});

test('every row that a test names has a name', () => {
  expect([...findTests(root).keys()].filter((id) => !(id in rows))).toEqual([]);
});

test('a row is found in the first comment, in a title, and above a test', () => {
  const source = [
    `// All of it (${row('01')}, ${row('60')}..${row('62')}).`,
    "import { test } from 'vitest';",
    `test('${row('02')}: in its title', () => {});`,
    `// ${row('03')}.`,
    "test.each([1])('above', () => {});",
  ].join('\n');
  expect(rowsIn(source)).toEqual([
    ...['01', '60', '61', '62'].map((number) => ({ id: row(number), title: null })),
    { id: row('02'), title: `${row('02')}: in its title` },
    { id: row('03'), title: 'above' },
  ]);
});
