/**
 * Where a handler module is, and whether it may be there. Loading it is the business of the worker thread, so a module
 * that exists and throws is found there.
 */

import { extname, isAbsolute, relative, resolve, sep } from 'node:path';
import { type Files, fileFault } from './files.ts';
import { oneOf } from './wanted.ts';

const extensions = ['.ts', '.js', '.mjs'];

export type HandlerFile = { readonly file: string } | { readonly fault: string };

/**
 * @param path as written, relative to `folder`
 * @param projectFolder absolute, without links; the module must be inside once its links are followed
 */
export function findHandlerFile(path: string, folder: string, projectFolder: string, files: Files): HandlerFile {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(path)) return { fault: 'a URL or a built-in module, not the path of a file' };
  const written = resolve(folder, path);
  try {
    const file = files.realpath(written);
    if (!isInside(file, projectFolder)) return outside(projectFolder);
    if (files.stat(file).kind !== 'file') return { fault: 'not a file' };
    if (!extensions.includes(extname(file)))
      return { fault: `not a module that can be loaded; its name must end in ${oneOf(extensions)}` };
    files.checkReadable(file);
    return { file };
  } catch (error) {
    // Outside it makes no difference what is there, and nobody should learn it from here.
    return isInside(written, projectFolder) ? { fault: fileFault(error) } : outside(projectFolder);
  }
}

function outside(projectFolder: string): HandlerFile {
  return { fault: `outside the project ${projectFolder}; handlers must be inside it, links followed` };
}

function isInside(path: string, folder: string): boolean {
  const steps = relative(folder, path);
  return steps !== '..' && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
}
