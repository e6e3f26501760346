/**
 * Finds kcat (the librdkafka command line client), or installs Debian's package where that was asked for.
 *
 *   npx node scripts/real/kcat.ts [--install]      # prints the path; exit code 1 when there is none
 */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * @param install  also run `apt-get install -y kcat` when kcat is missing. Default: only in CI (`CI` is set),
 *                 since a test must not change a developer's machine. Needs root.
 * @returns the absolute path of kcat, or null when there is none
 * @throws when apt-get was to be used and failed
 */
export async function findKcat(install = Boolean(process.env.CI)): Promise<string | null> {
  const found = await onPath('kcat');
  if (found !== null || !install) return found;
  const apt = (...args: string[]) =>
    run('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  // A fresh container has no package lists: fetch them only if the first try fails.
  await apt('install', '-y', 'kcat').catch(async () => {
    await apt('update');
    await apt('install', '-y', 'kcat');
  });
  return onPath('kcat');
}

async function onPath(name: string): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return path;
  }
  return null;
}

if (import.meta.main) {
  const path = await findKcat(process.argv.includes('--install') || undefined);
  if (path === null) console.error('no kcat on the path: run again with --install, or install the package kcat');
  else console.log(path);
  process.exitCode = path === null ? 1 : 0;
}
