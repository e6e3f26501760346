/**
 * Makes a Python with eventsource-py and aiokafka for the tests that need a Python peer: a virtual environment in
 * `.real-systems`, filled from `test/real/python/requirements.txt`. Responsible for finding a Python that runs,
 * not for what the peers do.
 *
 *   npx node scripts/real/python.ts        # installs, prints the path of the interpreter
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installOnce } from './install-once.ts';

/** The folder of publish.py and consume.py. */
export const pythonPeersFolder = join(import.meta.dirname, '..', '..', 'test', 'real', 'python');

const requirements = join(pythonPeersFolder, 'requirements.txt');
const run = promisify(execFile);

/**
 * Finds a Python of 3.13 or newer by running the candidates: a pyenv shim may be on the path and still refuse.
 * eventsource-py 0.15 asks for 3.13; an older Python would silently resolve to 0.8.
 *
 * @returns the command, or null
 */
export async function findPython(): Promise<string | null> {
  const versions = join(homedir(), '.pyenv', 'versions');
  const candidates = ['python3.13', 'python3.14', 'python3', ...pyenvPythons(versions)];
  for (const command of candidates) {
    const result = await run(command, ['-c', 'import ensurepip, sys; print(sys.version_info >= (3, 13))']).catch(
      () => null, // Not there or not runnable: the next candidate may be.
    );
    if (result?.stdout.trim() === 'True') return command;
  }
  return null;
}

function pyenvPythons(versions: string): readonly string[] {
  try {
    return readdirSync(versions)
      .filter((name) => /^3\.(1[3-9]|[2-9]\d)/.test(name))
      .map((name) => join(versions, name, 'bin', 'python3'));
  } catch {
    return []; // No pyenv on this machine.
  }
}

/**
 * Makes sure that the virtual environment exists; its name carries a hash of the requirements.
 *
 * @returns the absolute path of its Python
 * @throws when there is no Python 3.13 or newer, or when pip fails (its output is in the message)
 */
export async function installPython(): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 8);
  const folder = await installOnce(`python-${hash}`, async (temporary) => {
    const python = await findPython();
    if (python === null) {
      throw new Error('eventsource-py needs Python 3.13 or newer, found none: install python3.13 with venv, or pyenv');
    }
    await run(python, ['-m', 'venv', temporary]);
    // `python -m pip`, since the scripts of a virtual environment hold the path it was made at, and it is renamed.
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
    await run(join(temporary, 'bin', 'python'), pip).catch((error: { stderr?: string; message: string }) => {
      throw new Error(`pip could not install ${requirements}:\n${error.stderr || error.message}`);
    });
  });
  return join(folder, 'bin', 'python');
}

if (import.meta.main) console.log(await installPython());
