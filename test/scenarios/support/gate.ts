/** A gate that handlers in threads wait at (`waitsFor` in their record) until the test opens it: a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from '../../../runtime/testing/index.ts';

export interface Gate {
  readonly path: string;
  open(): void;
}

/** Opened at the latest when the test ends, so that no handler waits for ever. */
export function gate(t: TestContext): Gate {
  const folder = mkdtempSync(join(tmpdir(), 'gate-'));
  const path = join(folder, 'open');
  t.onTestFinished(async () => rmSync(folder, { recursive: true, force: true }));
  return { path, open: () => writeFileSync(path, '') };
}
