/** Reads manifests as every command does: relative to the working folder, with the environment of the process. */
import { systemRandom } from '../core/random.ts';
import type { RuntimeSettings } from '../core/settings.ts';
import { loadManifests } from '../manifest/load.ts';
import type { Terminal } from './terminal.ts';

/** @throws InvalidManifest with every problem of every file */
export function load(manifests: readonly string[], terminal: Terminal): RuntimeSettings {
  return loadManifests(manifests, { env: terminal.env, cwd: terminal.cwd, random: systemRandom });
}
