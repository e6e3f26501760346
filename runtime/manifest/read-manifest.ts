/** One file: read, parsed, substituted and held against the schema. Several files meet in `load.ts`. */

import { dirname, join, resolve } from 'node:path';
import { type Files, readText } from './files.ts';
import { parseManifest } from './parse.ts';
import { plainValue } from './plain-value.ts';
import { type Problem, problem } from './problem.ts';
import { manifestSchema } from './schema/schema.ts';
import { type Environment, type Sources, substitute } from './substitute.ts';
import type { MapTree } from './tree.ts';
import { problemsMax, validate } from './validate.ts';

/**
 * A manifest is some hundred lines; a longer file is a mistake. The YAML library takes up to 4 µs for a byte of a hostile
 * file (`npm run fuzz -- --target manifest`), and no file may take a second.
 */
const manifestBytesMax = 128 * 1024;

/** A file that exists and is a map. */
export interface ManifestFile {
  /** As given on the command line. */
  readonly name: string;
  readonly sources: Sources;
  /** Folder that handler modules must not leave: the nearest with a package.json, else the working folder. */
  readonly projectFolder: string;
  readonly tree: MapTree;
}

export interface ReadResult {
  /** Null when there is nothing to look at further. */
  readonly manifest: ManifestFile | null;
  readonly problems: readonly Problem[];
}

/** @param name path of the file, relative to `cwd` or absolute */
export function readManifest(name: string, cwd: string, env: Environment, files: Files): ReadResult {
  const path = resolve(cwd, name);
  const read = readText(files, path, manifestBytesMax);
  if ('fault' in read) return refuse(problem({ file: name, line: 0, col: 0 }, [], read.fault));

  // The folder of the path as given: in a Kubernetes ConfigMap the file is a link into a hidden folder.
  const folder = files.realpath(dirname(path));
  const sources = { env, files, folder };
  return checkText(read.text, name, sources, projectFolderOf(folder, cwd, files));
}

/** The part without file system, apart from `${file:…}`. @param name for messages */
export function checkText(text: string, name: string, sources: Sources, projectFolder: string): ReadResult {
  const parsed = parseManifest(text, name);
  if (parsed.problems.length > 0) return { manifest: null, problems: parsed.problems };
  const isEmpty = parsed.tree === null || (parsed.tree.kind === 'scalar' && parsed.tree.value === null);
  if (parsed.tree === null || isEmpty) {
    const want = 'groups: with at least one group';
    return refuse(problem({ file: name, line: 1, col: 1 }, [], 'no groups', { got: 'an empty file', want }));
  }

  const { tree, problems: unset } = substitute(parsed.tree, sources);
  const invalid = validate(plainValue(tree, manifestSchema), tree);
  // Another version may have other keys: what else is found would only confuse.
  const version = invalid.filter((one) => one.path === 'version');
  if (version.length > 0) return { manifest: null, problems: version };
  // A scalar whose substitution failed has no value yet that could be right or wrong.
  const failed = new Set(unset.map((one) => one.path));
  const problems = [...unset, ...invalid.filter((one) => !failed.has(one.path))];
  // With that many there may be more, in places that are not known to be wrong.
  const known = invalid.length < problemsMax;
  return { manifest: tree.kind === 'map' && known ? { name, sources, projectFolder, tree } : null, problems };
}

function refuse(why: Problem): ReadResult {
  return { manifest: null, problems: [why] };
}

function projectFolderOf(folder: string, cwd: string, files: Files): string {
  for (let here = folder; ; here = dirname(here)) {
    if (isFile(join(here, 'package.json'), files)) return here;
    if (here === dirname(here)) return files.realpath(cwd);
  }
}

function isFile(path: string, files: Files): boolean {
  try {
    return files.stat(path).kind === 'file';
  } catch {
    // Not there, or not ours to see: either way it does not mark a project.
    return false;
  }
}
