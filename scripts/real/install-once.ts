/**
 * Puts a downloaded system into `.real-systems/<name>` of this repository, once. Responsible for the place, for
 * atomicity and for the progress line; not for what is downloaded.
 *
 *   absent ──▶ <name>.<pid>.tmp (being filled) ──rename──▶ <name> (complete, never changed again)
 *
 * A folder of the final name is complete, because only a rename creates it. Two processes that install at once are
 * kept apart by a lock file, so that they do not download twice; if a stale lock fools them, the rename still
 * decides, and the loser throws its copy away.
 */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where the systems live; listed in .gitignore, safe to delete. */
export const realSystemsFolder = join(import.meta.dirname, '..', '..', '.real-systems');

const lockPollMs = 250;

/**
 * Returns the absolute path of `.real-systems/<name>`, and fills it first if it is not there.
 *
 * @param name   folder name; carries the version, so that a new version is a new folder
 * @param fill   gets an empty temporary folder next to the final one and puts everything into it
 * @throws what `fill` throws; nothing is left behind then, and the next call tries again
 */
export async function installOnce(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const target = join(realSystemsFolder, name);
  if (existsSync(target)) return target;
  await mkdir(realSystemsFolder, { recursive: true });
  const lock = `${target}.lock`;
  await takeLock(lock);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    if (existsSync(target)) return target;
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    await withProgress(`installing ${name}`, () => fill(temporary));
    await rename(temporary, target).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster: its folder is as complete as ours.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return target;
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(lock, { force: true });
  }
}

/** Waits until the lock file is ours. A lock whose process is gone is removed. */
async function takeLock(lock: string): Promise<void> {
  for (;;) {
    try {
      const file = await open(lock, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await holderIsGone(lock)) await rm(lock, { force: true });
    else await sleep(lockPollMs);
  }
}

async function holderIsGone(lock: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(lock, 'utf8'));
    // An empty file is a lock whose holder is about to write its process id, unless it is old.
    if (!pid) return Date.now() - (await stat(lock)).mtimeMs > 10_000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ESRCH' || code === 'ENOENT';
  }
}

/** Shows on a terminal that something long is going on; in a log file it is one line. */
async function withProgress(what: string, work: () => Promise<void>): Promise<void> {
  const startedMs = Date.now();
  const out = process.stderr;
  const line = () => `${what} … ${Math.round((Date.now() - startedMs) / 1000)} s`;
  if (!out.isTTY) out.write(`${what} …\n`);
  const timer = out.isTTY ? setInterval(() => out.write(`\r${line()}`), 200) : undefined;
  try {
    await work();
    if (out.isTTY) out.write(`\r${line()}, done\n`);
  } finally {
    clearInterval(timer);
  }
}
