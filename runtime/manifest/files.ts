/**
 * The file system as a manifest needs it: read a small text, find out where a path really leads. Passed in, so that
 * tests can answer for a disk. Everything is synchronous: it happens once, before anything runs.
 */

import { accessSync, constants, readFileSync, realpathSync, statSync } from 'node:fs';

export interface Files {
  /** What the path leads to, following links. Throws what Node throws. */
  stat(path: string): { readonly kind: 'file' | 'folder' | 'other'; readonly bytes: number };
  /** Throws when the file cannot be read, as `stat` does. */
  read(path: string): Uint8Array;
  /** Throws when the file could not be read; reads nothing. */
  checkReadable(path: string): void;
  /** Absolute path without links. Throws when it leads nowhere or in circles. */
  realpath(path: string): string;
}

export const nodeFiles: Files = {
  stat(path) {
    const found = statSync(path);
    return { kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other', bytes: found.size };
  },
  read: (path) => readFileSync(path),
  checkReadable: (path) => accessSync(path, constants.R_OK),
  realpath: (path) => realpathSync(path),
};

/** Why the file system said no, in words; the code is Node's. */
export function fileFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  switch (code) {
    case 'ENOENT':
      return 'no such file';
    case 'ENOTDIR':
      return 'no such file: a part of the path is not a folder';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read it';
    case 'ELOOP':
      return 'a link that leads in circles';
    case 'ENAMETOOLONG':
      return 'the path is too long';
    case 'ERR_INVALID_ARG_VALUE':
      return 'a path cannot contain the character NUL';
    default:
      return `it cannot be read (${code})`;
  }
}

/**
 * The text of a regular file of at most `maxBytes`, without byte order mark.
 * A pipe or a device is refused before it is opened, since opening it could wait for ever.
 */
export function readText(files: Files, path: string, maxBytes: number): { text: string } | { fault: string } {
  try {
    const { kind, bytes } = files.stat(path);
    if (kind === 'folder') return { fault: 'it is a folder' };
    if (kind === 'other') return { fault: 'not a regular file' };
    if (bytes > maxBytes) return { fault: `${bytes} bytes long; ${maxBytes} are allowed` };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(files.read(path));
    return text.includes('\0') ? { fault: 'not a text: it contains the character NUL' } : { text };
  } catch (error) {
    // The decoder throws a TypeError of its own kind; all else comes from the file system.
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
      return { fault: 'not a text in UTF-8' };
    }
    return { fault: fileFault(error) };
  }
}
