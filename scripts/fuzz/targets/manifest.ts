/**
 * The manifest loader, from the bytes of a file to settings or problems. Besides other errors than the loader's own,
 * these are findings: a refusal without a problem, a place outside the file, and the value of a variable in a message.
 */
import type { Files } from '../../../runtime/manifest/files.ts';
import { loadManifests } from '../../../runtime/manifest/load.ts';
import { InvalidManifest } from '../../../runtime/manifest/problem.ts';
import { brokenManifest } from '../manifests.ts';
import type { Target } from '../target.ts';

/** Too odd to stand in a manifest by chance. */
const secret = 'S3CR3T-0b9e17f4';
const env = { A: 'x', EMPTY: '', KAFKA_BROKERS: '127.0.0.1:9092', SECRET: secret };

export const manifest: Target = {
  make: brokenManifest,
  run(input) {
    try {
      const options = { env, cwd: '/p', random: () => 0.5, hostname: 'box', cpus: 2, files: diskWith(input) };
      const { groups } = loadManifests(['fuzz.yaml'], options);
      if (groups.length === 0) throw new Error('accepted without a group');
      if (!Object.isFrozen(groups)) throw new Error('settings can be changed');
      checkPrototypes();
      return 'accepted';
    } catch (error) {
      if (!(error instanceof InvalidManifest)) throw error;
      checkPrototypes();
      checkProblems(error, input);
      return 'refused';
    }
  },
};

/** A disk with one file on it, however it is called: so handlers exist too. */
function diskWith(bytes: Buffer): Files {
  return {
    stat: () => ({ kind: 'file', bytes: bytes.length }),
    read: () => bytes,
    checkReadable: () => {},
    realpath: (path) => path,
  };
}

function checkPrototypes(): void {
  for (const name in {}) throw new Error(`every object has a key now: ${name}`);
}

function checkProblems({ problems, message }: InvalidManifest, input: Buffer): void {
  if (problems.length === 0) throw new Error('refused without a problem');
  if (message.includes(secret)) throw new Error(`a message shows the value of a variable: ${message}`);
  if (message.includes('[object')) throw new Error(`a message shows an object: ${message}`);
  if (message.split('\n').length !== problems.length) throw new Error(`a problem takes several lines: ${message}`);
  const lines = input.toString('latin1').split(/\r\n|\n|\r/).length;
  for (const { line } of problems) if (line > lines) throw new Error(`line ${line} of ${lines}: ${message}`);
}
