/** `docs/spec-rows.md`, as text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTests, type Shown } from './find-tests.ts';
import { rows } from './rows.ts';

/** What a test file imports that runs on Apache Kafka where there is one. */
const realSystems = /real-kafka\.ts|targets\.ts|kafkaSupport|realPostgres|stores\.ts/;

export function specRows(root: string): string {
  const found = findTests(root);
  const shown = Object.keys(rows).filter((id) => found.has(id));
  const missing = Object.keys(rows).filter((id) => !found.has(id));
  return [
    '# Rows of the specification, and the tests that show them',
    '',
    '<!-- Written by `npm run docs:rows`: a test names the rows that it shows. -->',
    '',
    `${shown.length} rows have a test; \\* marks files that also run on Apache Kafka or PostgreSQL.`,
    '',
    '| row | | tests |',
    '|---|---|---|',
    ...shown.map((id) => `| ${id} | ${rows[id]} | ${testsOf(root, found.get(id)!)} |`),
    '',
    `No test names these yet: ${missing.join(', ')}.`,
    '',
  ].join('\n');
}

function testsOf(root: string, shown: readonly Shown[]): string {
  return [...Map.groupBy(shown, ({ file }) => file)]
    .map(([file, tests]) => {
      const titles = tests.flatMap(({ title }) => (title === null ? [] : [`"${withoutRows(title)}"`]));
      const real = realSystems.test(readFileSync(join(root, file), 'utf8')) ? '\\*' : '';
      const text = `[${file.slice('test/'.length, -'.test.ts'.length)}](../${file})${real}`;
      return titles.length === 0 || titles.length < tests.length ? text : `${text} ${titles.join(', ')}`;
    })
    .join(' · ');
}

/** A title without its ids, which may not break the table. */
function withoutRows(title: string): string {
  return title.replace(/^((?:[SPX]-\d+(?:\.\.\S+)?)(?:, )?)+: /, '').replaceAll('|', String.raw`\|`);
}
