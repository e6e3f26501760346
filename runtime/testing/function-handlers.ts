/**
 * Lets a test give handlers as functions. The runtime loads handlers from files, and functions cannot be cloned into
 * threads; so a file is written that picks the functions up where the test has left them, in this very process. That is
 * why such a group runs with `execution: inline`.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const registryKey = 'kafka-worker-runtime.test-handlers';

export interface HandlerFile {
  readonly path: string;
  /** Deletes the file and forgets the functions. */
  remove(): void;
}

/** @param handlers what a handler module would export as its default */
export function writeHandlerFile(handlers: object): HandlerFile {
  const id = randomUUID();
  registry().set(id, handlers);
  const folder = mkdtempSync(join(tmpdir(), 'test-handlers-'));
  const path = join(folder, 'handlers.mjs');
  writeFileSync(path, `export default globalThis[Symbol.for('${registryKey}')].get('${id}');\n`);
  return {
    path,
    remove() {
      registry().delete(id);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function registry(): Map<string, object> {
  const holder = globalThis as unknown as Record<symbol, Map<string, object> | undefined>;
  const key = Symbol.for(registryKey);
  holder[key] ??= new Map();
  return holder[key];
}
