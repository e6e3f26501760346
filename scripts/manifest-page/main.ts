/** `npm run docs:manifest`: writes `docs/manifest.md`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestPage } from './page.ts';

writeFileSync(join(import.meta.dirname, '..', '..', 'docs', 'manifest.md'), manifestPage());
