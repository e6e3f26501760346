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
import { compileGateway } from './compile-gateway.ts';
import { checkHandlers, compileGroup, type GroupContext } from './compile-group.ts';
import { compileProcess } from './compile-process.ts';
import { compileSchemas } from './compile-schemas.ts';
import { type Files, nodeFiles } from './files.ts';
import { fillGroup, fillProcess, fillSchemas } from './fill.ts';
import { mergeProcessSections, processSections } from './merge.ts';
import { InvalidManifest, type Problem, problem, sortProblems } from './problem.ts';
import { checkText, type ManifestFile, readManifest } from './read-manifest.ts';
import type { ProcessValue } from './schema/schema.ts';
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
  const problems: Problem[] = [];
  const manifests = readManifests(paths, problems, options);
  const settings = compile(manifests, problems, options);
  if (problems.length > 0 || settings === null) throw new InvalidManifest(sortProblems(problems, paths));
  return deepFreeze(settings);
}

/**
 * What manifests say about the process, for a program that runs none of their groups.
 * @param from paths, or the sections themselves, written as in a manifest; paths in them start at `cwd`
 * @throws InvalidManifest with every problem
 */
export function loadProcess(from: readonly string[] | object, options: LoadOptions): ProcessSettings {
  const problems: Problem[] = [];
  const manifests = isList(from) ? readManifests(from, problems, options) : readSections(from, problems, options);
  const { settings } = compileSections(manifests, problems, options);
  const schemas = [...compileAllSchemas(manifests, problems).values()];
  if (problems.length > 0 || settings === null) {
    throw new InvalidManifest(sortProblems(problems, isList(from) ? from : [sectionsName]));
  }
  return deepFreeze({ ...settings, schemas });
}

/** Everything but what runs: the groups and the gateway. */
export interface ProcessSettings extends Sectioned {
  /** Of each file. */
  readonly schemas: readonly SchemaSettings[];
}

type Sectioned = Omit<RuntimeSettings, 'groups' | 'gateway'>;

/** For messages about sections that are in no file. */
const sectionsName = 'settings';

function isList(from: readonly string[] | object): from is readonly string[] {
  return Array.isArray(from);
}

/** JSON is YAML. */
function readSections(sections: object, problems: Problem[], { env, cwd, files }: LoadOptions): ManifestFile[] {
  const sources = { env, files: files ?? nodeFiles, folder: cwd };
  const read = checkText(JSON.stringify(sections), sectionsName, sources, cwd);
  problems.push(...read.problems);
  return read.manifest === null ? [] : [read.manifest];
}

function readManifests(paths: readonly string[], problems: Problem[], options: LoadOptions): ManifestFile[] {
  const files = options.files ?? nodeFiles;
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
  return manifests;
}

/** What the sections about the process say together. @param problems what is found is added */
function compileSections(manifests: readonly ManifestFile[], problems: Problem[], options: LoadOptions): Sections {
  const [first, ...rest] = manifests;
  if (first === undefined) return { settings: null, process: null, tree: null };

  const merged = mergeProcessSections([first.tree, ...rest.map((manifest) => manifest.tree)]);
  problems.push(...merged.problems);
  const isSound = soundness(problems);
  const usable = processSections.every((section) => manifests.every(({ name }) => isSound(name, [section])));
  const process = usable ? fillProcess(merged.tree, first.sources) : null;
  const machine = {
    hostname: options.hostname ?? hostname(),
    random: options.random,
    production: options.env.NODE_ENV === 'production',
    folderOf: (file: string) => (manifests.find(({ name }) => name === file) ?? first).sources.folder,
  };
  const compiled = process === null ? null : compileProcess(process, merged.tree, machine, manifests);
  problems.push(...(compiled?.problems ?? []));
  return { settings: compiled?.settings ?? null, process, tree: merged.tree };
}

/** Null where the files do not agree, or have mistakes there. */
interface Sections {
  readonly settings: Sectioned | null;
  readonly process: ProcessValue | null;
  /** Null without files. */
  readonly tree: MapTree | null;
}

/** By file. @param problems what is found is added */
function compileAllSchemas(
  manifests: readonly ManifestFile[],
  problems: Problem[],
): ReadonlyMap<ManifestFile, SchemaSettings> {
  const isSound = soundness(problems);
  const schemas = new Map<ManifestFile, SchemaSettings>();
  for (const manifest of manifests) {
    if (!isSound(manifest.name, ['schemas'])) continue;
    const compiled = compileSchemas(fillSchemas(manifest.tree), manifest);
    schemas.set(manifest, compiled.settings);
    problems.push(...compiled.problems);
  }
  return schemas;
}

/** @param problems what is already known to be wrong; what is found here is added */
function compile(
  manifests: readonly ManifestFile[],
  problems: Problem[],
  options: LoadOptions,
): RuntimeSettings | null {
  const { settings, process, tree } = compileSections(manifests, problems, options);
  if (tree === null) return null;

  const groups: GroupSettings[] = [];
  const cpus = options.cpus ?? availableParallelism();
  const listed = listGroups(manifests, problems);
  const isGroupSound = soundness(problems);
  const schemas = compileAllSchemas(manifests, problems);
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
      processTree: tree,
      cpus,
      storeUrl: settings?.store.url ?? null,
      schemas: schemas.get(manifest) ?? anyEvents, // with a problem, nothing of it is used
      env: options.env,
    } satisfies GroupContext);
    groups.push(group.settings);
    problems.push(...group.problems);
  }
  if (settings === null || process === null) return null;
  const gateway = compileGateway(process, { tree, manifests, schemas });
  problems.push(...gateway.problems);
  return { ...settings, groups, gateway: gateway.settings };
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
  if (sections === 0 && !manifests.some(hasRoutes) && manifests[0] !== undefined) {
    const want = 'at least one group, with topicPrefix or topics, and handlers; or gateway.routes';
    problems.push(problem(manifests[0].tree.at, ['groups'], 'no groups', { got: 'nothing', want }));
  }
  return [...owners].map(([name, manifest]) => ({ name, manifest }));
}

/** As written, right or wrong. */
function hasRoutes({ tree }: ManifestFile): boolean {
  const routes = subtree(tree, ['gateway', 'routes']);
  return routes?.kind === 'map' && routes.entries.size > 0;
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
