/**
 * Where a file that a manifest names is, and whether it may be there: a handler module, a schema. Loading a module is
 * the business of the worker thread, so one that exists and throws is found there.
 */

import { extname, isAbsolute, relative, resolve, sep } from 'node:path';
import { type Files, fileFault } from './files.ts';
import { oneOf } from './wanted.ts';

export type ProjectFile = { readonly file: string } | { readonly fault: string };

export interface FileKind {
  /** Of the name, with the dot. */
  readonly endings: readonly string[];
  /** Of what ends otherwise, as a message says it. */
  readonly other: string;
}

export const moduleFile: FileKind = { endings: ['.ts', '.js', '.mjs'], other: 'not a module that can be loaded' };
export const schemaFile: FileKind = { endings: ['.json'], other: 'not a JSON file' };

/** Where relative paths start, and what they must not leave. */
export interface FilePlace {
  readonly folder: string;
  /** Absolute, without links; the file must be inside once its links are followed. */
  readonly projectFolder: string;
  readonly files: Files;
}

/** @param path as written */
export function findProjectFile(path: string, place: FilePlace, { endings, other }: FileKind): ProjectFile {
  const { folder, projectFolder, files } = place;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) return { fault: 'a URL or a built-in module, not the path of a file' };
  const written = resolve(folder, path);
  try {
    const file = files.realpath(written);
    if (!isInside(file, projectFolder)) return outside(projectFolder);
    if (files.stat(file).kind !== 'file') return { fault: 'not a file' };
    if (!endings.includes(extname(file))) return { fault: `${other}; its name must end in ${oneOf(endings)}` };
    files.checkReadable(file);
    return { file };
  } catch (error) {
    // Outside it makes no difference what is there, and nobody should learn it from here.
    return isInside(written, projectFolder) ? { fault: fileFault(error) } : outside(projectFolder);
  }
}

function outside(projectFolder: string): ProjectFile {
  return { fault: `outside the project ${projectFolder}; it must be inside, links followed` };
}

function isInside(path: string, folder: string): boolean {
  const steps = relative(folder, path);
  return steps !== '..' && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}
