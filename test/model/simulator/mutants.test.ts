// Each broken variant of the runtime is found by one of the first seeds: the simulator's clauses are not empty words.
// Takes minutes, so by hand: SIM_MUTANTS=1 npx vitest run test/model/simulator/mutants (-t 'name of one' for one)
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Mutant, mutants } from './mutants.ts';

const root = join(import.meta.dirname, '../../..');
const seedsMax = 3_000;

test.runIf(process.env.SIM_MUTANTS !== undefined).each(mutants)('$name', { timeout: 120_000 }, async (mutant) => {
  const copy = broken(mutant);
  try {
    const program = join(copy, 'test/model/simulator/first-failure.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [program, String(seedsMax)]);
    process.stdout.write(`${mutant.name}: seed ${stdout}`);
    expect(stdout).toMatch(/^\d+ [a-z_]+: /);
  } finally {
    rmSync(copy, { recursive: true });
  }
});

// Whoever changes a line that a variant breaks finds out at once, not when the variants are run the next time.
test.each(mutants)('the runtime still has what "$name" breaks', (mutant) => {
  expect(() => brokenFiles(mutant)).not.toThrow();
});

/** @returns a folder with the runtime, broken, and the simulator; the caller removes it */
function broken(mutant: Mutant): string {
  const copy = mkdtempSync(join(tmpdir(), 'mutant-'));
  for (const part of ['package.json', 'runtime', 'test/model'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [file, source] of brokenFiles(mutant)) writeFileSync(join(copy, 'runtime', file), source);
  return copy;
}

/** @returns what the files of `runtime/` become, by path */
function brokenFiles({ edits }: Mutant): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { file, from, to } of edits) {
    const parts = (files.get(file) ?? readFileSync(join(root, 'runtime', file), 'utf8')).split(from);
    // A variant that changes nothing, or more than it says, shows nothing.
    if (parts.length !== 2) throw new Error(`expected "${from}" once in ${file}, found it ${parts.length - 1} times`);
    files.set(file, parts.join(to));
  }
  return files;
}
