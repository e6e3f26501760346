/** A project on disk for manifests to live in: `package.json`, `handlers/` and `manifests/`. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimeSettings } from '../../../runtime/core/settings.ts';
import { type LoadOptions, loadManifests } from '../../../runtime/manifest/load.ts';
import { InvalidManifest, type Problem } from '../../../runtime/manifest/problem.ts';

export interface Project {
  /** Absolute, links resolved. */
  readonly folder: string;
  /** Writes a file; the path is relative to the project, folders are made. */
  write(path: string, content: string | Uint8Array): void;
  /** Loads manifests by their paths, relative to the project. */
  load(paths: readonly string[], options?: Partial<LoadOptions>): RuntimeSettings;
  /** Writes `manifests/test.yaml` and loads it. */
  loadText(text: string | Uint8Array, options?: Partial<LoadOptions>): RuntimeSettings;
  /** What is wrong with a text; it must be refused. */
  problemsOf(text: string | Uint8Array, options?: Partial<LoadOptions>): readonly Problem[];
  remove(): void;
}

/** With `handlers/a.ts` and `handlers/b.ts`. The environment is empty unless the options give one. */
export function createProject(): Project {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-manifest-')));
  const write: Project['write'] = (path, content) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write('package.json', '{}');
  write('handlers/a.ts', 'export default {};');
  write('handlers/b.ts', 'export default {};');
  const load: Project['load'] = (paths, options) =>
    loadManifests(paths, { env: {}, cwd: folder, random: () => 0.5, hostname: 'box', cpus: 2, ...options });
  const loadText: Project['loadText'] = (text, options) => {
    write('manifests/test.yaml', text);
    return load(['manifests/test.yaml'], options);
  };
  return {
    folder,
    write,
    load,
    loadText,
    problemsOf: (text, options) => refused(() => loadText(text, options)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The problems of a load that must fail; anything else fails the test. */
export function refused(run: () => unknown): readonly Problem[] {
  try {
    run();
  } catch (error) {
    if (error instanceof InvalidManifest) return error.problems;
    throw error;
  }
  throw new Error('the manifest was accepted');
}

/** A manifest with one group `g`; `lines` are indented to be keys of the group. */
export function groupWith(...lines: readonly string[]): string {
  const keys = ['topicPrefix: orders', 'handlers: ../handlers/a.ts'].filter(
    (line) => !lines.some((other) => other.startsWith(line.slice(0, line.indexOf(':') + 1))),
  );
  const withoutPrefix = lines.some((line) => line.startsWith('topics:')) ? keys.slice(1) : keys;
  return ['groups:', '  g:', ...[...withoutPrefix, ...lines].map((line) => `    ${line}`), ''].join('\n');
}
