// `docs/pains.md` says which test shows that a pain is not ours: each of these tests is there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const rows = readFileSync(join(root, 'docs/pains.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| X-'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, id, pain, shown]) => ({ id: id!, pain: pain!, shown: shown!.split(' · ') }));

test('every pain has its row, once, in order', () => {
  const numbers = [...range(1, 16), 19, 20, ...range(22, 30)];
  expect(rows.map(({ id }) => id)).toEqual(numbers.map((number) => `X-${String(number).padStart(2, '0')}`));
});

test.each(rows)('$id: its tests exist', ({ pain, shown }) => {
  expect(pain).toMatch(/\w.*\.$/);
  for (const reference of shown) {
    const [, file, titles] = /^`([^`]+)` (".+")$/.exec(reference) ?? [];
    expect({ reference, exists: existsSync(join(root, file ?? 'not a file')) }).toEqual({ reference, exists: true });
    const source = readFileSync(join(root, file!), 'utf8');
    for (const title of titles!.slice(1, -1).split('", "')) {
      const quoted = ["'", '`'].some((quote) => source.includes(`${quote}${title}`));
      expect({ file, title, quoted }).toEqual({ file, title, quoted: true });
    }
  }
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
