/**
 * Keeps a folder for one owner, across threads and processes, until it lets go or ends, however it ends. The operating
 * system's own lock, through SQLite: Node has no other way to one, and a file with a process id in it is not to be
 * trusted in a container, where every program is process 1.
 */
import { DatabaseSync } from 'node:sqlite';

export interface FolderLock {
  release(): void;
}

/** SQLite's own number for "locked by somebody else". */
const busy = 5;

/** @param file stays behind, empty @returns null when somebody else has it @throws what the file system throws */
export function lockFolder(file: string): FolderLock | null {
  const lock = new DatabaseSync(file);
  try {
    lock.exec('begin exclusive');
    return { release: () => lock.close() };
  } catch (error) {
    lock.close();
    if ((error as { readonly errcode?: number }).errcode === busy) return null;
    throw error;
  }
}
