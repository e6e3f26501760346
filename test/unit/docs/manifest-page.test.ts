// `docs/manifest.md` has every key of the schema, as the schema has it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestPage } from '../../../scripts/manifest-page/page.ts';

test('the page is what the schema says; `npm run docs:manifest` writes it', () => {
  expect(readFileSync(join(import.meta.dirname, '../../../docs/manifest.md'), 'utf8')).toBe(manifestPage());
});

test('maps below maps, elements of lists and maps by name have tables of their own', () => {
  const headings = [...manifestPage().matchAll(/^##+ `(.*)`$/gm)].map(([, path]) => path);
  expect(headings).toEqual(
    expect.arrayContaining(['kafka', 'groups.<name>.retry', 'groups.<name>.handlers[]', 'gateway.routes.<name>']),
  );
  expect(new Set(headings).size).toBe(headings.length);
});

test('a bar does not end a cell, and a name in angle brackets is no HTML', () => {
  const rows = manifestPage()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(80);
  for (const row of rows) expect(row.split(/(?<!\\)\|/), row).toHaveLength(6);
  for (const row of rows) expect(row.replaceAll(/`[^`]*`/g, '')).not.toMatch(/<[a-z]/);
});
