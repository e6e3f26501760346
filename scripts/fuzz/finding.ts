/** An input that did what none may do: kept as a file, with the command that runs it again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../runtime/core/random.ts';
import { inputSeed } from './target.ts';
import { loadTarget, type TargetName } from './targets.ts';

export interface Finding {
  readonly target: TargetName;
  readonly index: number;
  readonly what: string;
}

export interface SavedFinding extends Finding {
  readonly file: string;
  readonly command: string;
}

/** @param folder is made when it is missing */
export async function saveFinding(finding: Finding, seed: number, folder: string): Promise<SavedFinding> {
  const { target, index } = finding;
  const { make } = await loadTarget(target);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${target}-${seed}-${index}.bin`);
  writeFileSync(file, make(seededRandom(inputSeed(seed, index))));
  return { ...finding, file, command: `npm run fuzz -- --target ${target} --replay ${file}` };
}

export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
