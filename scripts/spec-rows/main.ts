/** `npm run docs:rows`: writes `docs/spec-rows.md`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { specRows } from './table.ts';

const root = join(import.meta.dirname, '..', '..');
writeFileSync(join(root, 'docs', 'spec-rows.md'), specRows(root));
