/**
 * The way in: paths of manifests to the one compiled value, or every mistake in all of them at once.
 *
 *   path → read → parse → substitute → validate ─┐
 *   path → read → parse → substitute → validate ─┴→ merge → fill in defaults → rules → RuntimeSettings
 *
 * Nothing is started and nothing is connected here.
 */

import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';
import { anyEvents, type SchemaSettings } from '../core/event-types.ts';
import type { Random } from '../core/random.ts';
import type { GroupSettings, RuntimeSettings } from '../core/settings.ts';
import { checkHandlers, compileGroup, type GroupContext } from './compile-group.ts';
import { compileProcess } from './compile-process.ts';
import { compileSchemas } from './compile-schemas.ts';
import { type Files, nodeFiles } from './files.ts';
import { fillGroup, fillProcess, fillSchemas } from './fill.ts';
import { mergeProcessSections, processSections } from './merge.ts';
import { InvalidManifest, type Problem, problem, sortProblems } from './problem.ts';
import { type ManifestFile, readManifest } from './read-manifest.ts';
import { soundness } from './soundness.ts';
import type { Environment } from './substitute.ts';
import { type MapTree, subtree } from './tree.ts';

export interface LoadOptions {
  readonly env: Environment;
  /** Absolute; relative paths of manifests start here. */
  readonly cwd: string;
  /** For the end of a generated `kafka.clientId`. */
  readonly random: Random;
  readonly files?: Files;
  /** For a generated `kafka.clientId`, when HOSTNAME is not set. */
  readonly hostname?: string;
  /** What `workers: auto` means; default: the CPUs that this process may use. */
  readonly cpus?: number;
}

/**
 * @param paths one or more manifests; their groups run side by side
 * @throws InvalidManifest with every problem of every file
 */
export function loadManifests(paths: readonly string[], options: LoadOptions): RuntimeSettings {
  const files = options.files ?? nodeFiles;
  const problems: Problem[] = [];
  const manifests: ManifestFile[] = [];
  for (const [index, path] of paths.entries()) {
    if (paths.slice(0, index).some((earlier) => sameFile(earlier, path, options.cwd, files))) {
      problems.push(problem({ file: path, line: 0, col: 0 }, [], 'the same file is given twice'));
      continue;
    }
    const read = readManifest(path, options.cwd, options.env, files);
    problems.push(...read.problems);
    if (read.manifest !== null) manifests.push(read.manifest);
  }

  const settings = compile(manifests, problems, options);
  if (problems.length > 0 || settings === null) throw new InvalidManifest(sortProblems(problems, paths));
  return deepFreeze(settings);
}

/** @param problems what is already known to be wrong; what is found here is added */
function compile(
  manifests: readonly ManifestFile[],
  problems: Problem[],
  options: LoadOptions,
): RuntimeSettings | null {
  const [first, ...rest] = manifests;
  if (first === undefined) return null;

  const merged = mergeProcessSections([first.tree, ...rest.map((manifest) => manifest.tree)]);
  problems.push(...merged.problems);
  const isSound = soundness(problems);
  const usable = processSections.every((section) => manifests.every(({ name }) => isSound(name, [section])));
  const process = usable ? fillProcess(merged.tree, first.sources) : null;
  const machine = {
    hostname: options.hostname ?? hostname(),
    random: options.random,
    production: options.env.NODE_ENV === 'production',
  };
  const compiled = process === null ? null : compileProcess(process, merged.tree, machine);
  problems.push(...(compiled?.problems ?? []));

  const groups: GroupSettings[] = [];
  const cpus = options.cpus ?? availableParallelism();
  const listed = listGroups(manifests, problems);
  const isGroupSound = soundness(problems);
  const schemas = new Map<ManifestFile, SchemaSettings>();
  for (const manifest of manifests) {
    if (!isGroupSound(manifest.name, ['schemas'])) continue;
    const compiledSchemas = compileSchemas(fillSchemas(manifest.tree), manifest);
    schemas.set(manifest, compiledSchemas.settings);
    problems.push(...compiledSchemas.problems);
  }
  for (const { name, manifest } of listed) {
    // The file tells a group from one of the same name elsewhere.
    if (!isGroupSound(manifest.name, ['groups', name]) || !isGroupSound(manifest.name, ['defaults'])) {
      if (isGroupSound(manifest.name, ['groups', name, 'handlers'])) problems.push(...checkHandlers(name, manifest));
      continue;
    }
    const group = compileGroup(fillGroup(name, manifest.tree), {
      name,
      manifest,
      process,
      processTree: merged.tree,
      cpus,
      schemas: schemas.get(manifest) ?? anyEvents, // with a problem, nothing of it is used
      env: options.env,
    } satisfies GroupContext);
    groups.push(group.settings);
    problems.push(...group.problems);
  }
  return compiled === null ? null : { ...compiled.settings, groups };
}

/** Every group with its file. A name that was taken by an earlier file is a problem and is left out. */
function listGroups(
  manifests: readonly ManifestFile[],
  problems: Problem[],
): { name: string; manifest: ManifestFile }[] {
  const owners = new Map<string, ManifestFile>();
  let sections = 0;
  for (const manifest of manifests) {
    const groups = subtree(manifest.tree, ['groups']);
    if (groups !== null) sections += 1;
    if (groups?.kind !== 'map') continue;
    for (const [name, entry] of groups.entries) {
      const owner = owners.get(name);
      if (owner === undefined) {
        owners.set(name, manifest);
        continue;
      }
      const { file, line, col } = (subtree(owner.tree, ['groups']) as MapTree).entries.get(name)!.keyAt;
      const what = `a group of this name is already at ${file}:${line}:${col}`;
      problems.push(problem(entry.keyAt, ['groups', name], what, { want: 'another name' }));
    }
  }
  if (sections === 0 && manifests[0] !== undefined) {
    const want = 'at least one group, with topicPrefix or topics, and handlers';
    problems.push(problem(manifests[0].tree.at, ['groups'], 'no groups', { got: 'nothing', want }));
  }
  return [...owners].map(([name, manifest]) => ({ name, manifest }));
}

function sameFile(a: string, b: string, cwd: string, files: Files): boolean {
  try {
    return files.realpath(resolve(cwd, a)) === files.realpath(resolve(cwd, b));
  } catch {
    // One of them cannot be followed; reading it says why.
    return false;
  }
}

/** Shared by every stage, so nobody may change it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
